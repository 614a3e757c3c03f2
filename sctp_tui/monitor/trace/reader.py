"""Reads a conversation from where it was left: its packets, and what is told of them afterwards."""

from collections.abc import Iterator

from .conversations import Conversation, Traced


class ConversationReader:
    """Yields each packet of a conversation once, and again once it is known not to have got through.

    `seen` is the number of the newest packet read. `passed_over`: some packets were no longer kept as they
    were to be read.
    """

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.seen = 0
        self.passed_over = False
        self._bounce = 0  # the serial number of the last bounce

    @property
    def version(self) -> tuple[int, int]:
        """Changes with all that is read."""
        return self.seen, self._bounce

    @property
    def ended(self) -> bool:
        """Whether all packets were read."""
        return self.seen == self.conversation.captured

    def read(self, limit: int) -> Iterator[tuple[Traced, bool]]:
        """At most `limit` more packets, and whether it is now that they got lost (`Conversation.bounced`).

        Older packets than those kept are passed over.
        """
        conversation = self.conversation
        self.passed_over |= self.seen < conversation.first - 1
        before = self.seen = max(self.seen, conversation.first - 1)
        for traced in conversation.since(before, limit):
            self.seen = traced.number
            yield traced, False
            if conversation.bounced(traced.number) is not None:
                yield traced, True
        for bounce in conversation.bounces(self._bounce):
            self._bounce = bounce.serial
            if conversation.first <= bounce.number <= before:  # else it is found with its packet
                yield conversation[bounce.number], True
