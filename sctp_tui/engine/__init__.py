"""The engine: one thread that owns all sockets. Commands go in, events come out.

Start at `engine`, whose loop calls everything else here, a turn at a time; none of it takes a lock, as none
of it runs in another thread. What other threads may call is `Engine.submit`, `start`, `join`, `running` and
`idle`, `EventQueue.drain`, and the `Watchdog`. Stacks and their endpoints are the engine's alone, from the
moment that they are opened there.

In a turn commands are carried out, stacks are polled, and what they have received becomes events; then what
waits is sent. What one peer does not take waits in a backlog of its own (`sender`, `echoes`), bounded in
messages and bytes, and is in nobody else's way. Events leave through an `EventQueue` for each consumer,
bounded in events and bytes: of a lossy one, the screen's, the oldest messages and control events are dropped,
and counted; of a lossless one, that of `serve`, nothing is, but the engine stops reading, and the peers'
windows close. Beyond so many control events a second of one association they are counted (`throttle`).
SECURITY.md has all bounds in a table.

Below the engine are stacks (`sctp`); it knows nothing of who reads its events.
"""
