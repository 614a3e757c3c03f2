"""What a user can do, and where: a row of the table of actions, and a place whose keys act."""

import msgspec


class Place(msgspec.Struct, frozen=True):
    """Where keys act: a class whose BINDINGS they are, and the places around it, whose keys act there too.

    `inside` names the latter, separated by spaces. In a place where text is `typed`, no key is a character.
    """

    title: str
    holder: str
    inside: str = ""
    typed: bool = False


class Action(msgspec.Struct, frozen=True):
    """One thing that a user can do in one place.

    `keys` as Textual names them (`x`, `?`, `ctrl+n`, `f1`), separated by commas; `action` as in a Textual
    binding, the method's name without `action_`. `label` is for the footer and the palette;
    without one the action is in neither. `help` says what it does, in a few words.
    """

    name: str
    place: str
    keys: str
    action: str
    label: str
    help: str
    footer: bool = True
    priority: bool = False
