"""The engine: one thread that owns all sockets. Commands go in, events come out.

Start at `engine`: its loop calls everything else here, one turn after the other. All of it runs in that one
thread, so that nothing but `EventQueue` takes a lock. Other threads may call `Engine.submit`, `start`,
`join`, `running` and `idle`, `EventQueue.drain`, and the `Watchdog`. Only the engine opens stacks and
endpoints, and only its thread calls them.

In a turn the engine carries out commands, polls the stacks and turns what they received into events; then it
sends the messages that wait. Messages that a peer's full send buffer holds up wait in a backlog of that
association (`sender`, `echoes`), bounded in messages and bytes, so that no other association waits for them.
Events leave through one `EventQueue` for each consumer, bounded in events and bytes. A lossy queue, as the
screen's, drops its oldest messages and control events and counts them. A lossless one, as that of `serve`,
drops nothing: when it is full the engine stops reading, and the peers' receive windows close. Of the control
events of one association only so many a second are told, the others are counted (`throttle`). SECURITY.md has
a table of all bounds.

The engine uses stacks (`sctp`) and knows nothing of who reads its events.
"""
