"""Plays a lesson on a screen that nobody sees, and takes a picture of what each of its steps is about."""

from datetime import UTC, datetime

from textual.pilot import Pilot

from sctp_tui.lessons.handout import Run
from sctp_tui.lessons.lesson import Lesson, LessonError, Step
from sctp_tui.lessons.session import Session
from sctp_tui.monitor.trace import pcapng
from sctp_tui.monitor.trace.timeline import LadderOptions
from sctp_tui.sctp.events import StackName
from sctp_tui.tui.app import SctpApp
from sctp_tui.tui.association_table import AssociationTable
from sctp_tui.tui.main_screen import MainScreen
from sctp_tui.tui.message_log import MessageLog
from sctp_tui.tui.picture import of_widget
from sctp_tui.tui.settings import Settings, of_lesson
from sctp_tui.tui.wire import ladder_svg
from sctp_tui.tui.wire.wire_export import snapshot_of
from sctp_tui.tui.wire.wire_pane import WirePane

_SIZE = 110, 44  # cells: as wide as text on paper can still be read
_THEME = "atom-one-light"  # of Textual's the one nearest to paper
_TICK = 0.02  # s between two looks at how far a step is


async def run(lesson: Lesson, stack: StackName) -> Run:
    """Play a lesson to its end. Raises `LessonError` where a step does not prove what it claims."""
    app = SctpApp(of_lesson(lesson, stack, Settings(theme=_THEME)))
    async with app.run_test(size=_SIZE) as pilot:
        session = app.lesson
        assert session is not None
        pictures: list[str] = []
        for step in lesson.step:
            await _shown(app, pilot, session, len(pictures))
            pictures.append(await _picture(app, pilot, session, step))
        packets = b"".join(pcapng.blocks(list(app.monitor.wire), app.monitor.captured))
    played = f"{datetime.now(UTC):%Y-%m-%d}, with SCTP in {_WHERE[stack]}"
    return Run(played, pictures, packets)


_WHERE = {"userspace": "user space (usrsctp)", "kernel": "the Linux kernel"}


async def _shown(app: SctpApp, pilot: Pilot[None], session: Session, at: int) -> None:
    """Go on until this step was played, and is shown."""
    while session.at != at or session.stage != "shown":
        if session.stage in ("asking", "shown"):
            app.fold()  # what has happened so far is of the step before
            session.go_on()
            _main(app).follow_lesson()
        elif session.stage == "failed":
            player = session.player
            wrong = [f"{claim.text}: {one.found}" for claim, one in player.findings if not one.holds]
            said = player.failure or "; ".join(wrong)
            raise LessonError(f"step {session.step.name!r} did not come as it should have: {said}")
        elif not app.is_running:
            raise LessonError("the screen has ended, for the error that follows")
        await pilot.pause(_TICK)


def _main(app: SctpApp) -> MainScreen:
    main = app.screen_stack[0]
    assert isinstance(main, MainScreen)
    return main


async def _picture(app: SctpApp, pilot: Pilot[None], session: Session, step: Step) -> str:
    player = session.player
    association = player.association(step.client)
    if step.look == "ladder" and association is not None:
        now = app.monitor.link_time(app.clock.mono())
        snapshot = snapshot_of(association, app.monitor, LadderOptions(sockets=True), now)
        conversation = player.conversation(step.client)
        if snapshot is not None and conversation is not None:
            of_step = conversation.captured - player.packets_from(conversation) + 1
            limit = min(of_step or ladder_svg.PACKETS_DRAWN, ladder_svg.PACKETS_DRAWN)
            return b"".join(ladder_svg.picture(snapshot, limit, session.pointed_at)).decode()
    main = _main(app)
    main.show_now()
    await pilot.pause()
    match step.look:
        case "table":
            return of_widget(main.query_one(AssociationTable))
        case "log":
            return of_widget(main.query_one(MessageLog))
        case _:
            return of_widget(main.query_one(WirePane).shown_view)
