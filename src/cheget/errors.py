"""Every way cheget says no, as one tree.

    ChegetError
    ├── ChainFileError              a chain, people or beliefs file: where, expected, hint
    │   └── CodeArgumentError       a parameter that a program would run as code
    ├── CharterError                a charter that cannot stand
    ├── ProofError                  a chain of which something cannot be proved
    │   └── TooEntangledError       the people sit at too many places at once for the budget
    ├── AssessmentError             beliefs of which something cannot be assessed
    ├── VerificationError           something shown does not verify; has the number of the step
    │   ├── MalformedDocumentError  0  size, media type, canonical form, fields
    │   ├── LawError                1  the charter, the law log, the law the order names
    │   ├── AddressError            2  not for this executor
    │   ├── NotAllowedError         3  the chain does not allow what the order says
    │   │   └── OptionError         3  a parameter could be taken for an option
    │   ├── LogError                4  slice, checkpoint, consistency
    │   ├── BadSignatureError       5  a signature that does not verify
    │   ├── NotReleasedError        6  the levels have not all concurred
    │   │   └── UnfitEntryError     6  an answer that fits no state
    │   ├── StoppedError            7  refused, countermanded or closed
    │   ├── TimingError             8  too early, too late, or no clock
    │   ├── AlreadyActedError       9  once means once
    │   └── CrewError               10 the people beside the executor have not concurred
    │       └── CrewRefusedError    10 one of them refused; final
    ├── NotAcceptedError            a desk says no to an answer, and logs nothing
    ├── KeyFileError                a private key that cannot be read or used
    │   └── WrongPassphraseError
    ├── StoreError                  the database: busy, full, damaged, away
    │   ├── TwoSequencersError      somebody else has written where we meant to
    │   ├── UnreachableError        the database cannot be reached; nothing was written
    │   └── UnsettledError          it is not known whether something was written
    ├── GoneBackError               a log that lacks what somebody saw of it, or that was restored
    ├── JournalError                an executor's journal: full, set back, damaged
    ├── ActError                    an act that was not begun
    │   ├── SwappedProgramError     the program is not the one whose digest is configured
    │   ├── UserError               the user to run it as: unknown, or not to be become
    │   └── SecretError             a secret: missing, open to others, or its vault fails
    ├── SealError                   a secret that cannot be sealed, or a seal that cannot be opened
    │   └── BadShareError           a share that is not the one dealt; says whose
    ├── WayRoundError               a way round the chain that could not be tried
    │   └── HungError               it took too long, and was killed with its children
    ├── NoticeError                 a notice that could not be sent
    ├── AwayError                   a house over the network: nobody answers, or not now
    ├── BackupError                 a backup: damaged, or no room for it where it would go
    └── HouseError                  a house folder that lacks or contradicts something

Foreign exceptions never leak. Misuse by a programmer stays ``ValueError`` and its kind.
Only ``cli`` prints and exits.
"""


class ChegetError(Exception):
    """Anything cheget says no to; ``hint`` tells a person what to do next."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ChainFileError(ChegetError):
    """A chain, people or beliefs file with a fault at ``line`` and ``column`` (both from 1)."""

    def __init__(
        self, message: str, *, line: int, column: int, expected: str = "", hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.line = line
        self.column = column
        self.expected = expected
        self.file = ""  # whoever opened the file says which

    def __str__(self) -> str:
        """Position, fault, what was expected and the hint, in one line."""
        where = f"{self.file}: " if self.file else ""
        text = f"{where}line {self.line}, column {self.column}: {self.message}"
        if self.expected:
            text += f"; expected {self.expected}"
        return f"{text} ({self.hint})" if self.hint else text


class CodeArgumentError(ChainFileError):
    """An act of ``executor.yaml`` in which a parameter would be run as code, by a shell or such."""


class CharterError(ChegetError):
    """A charter that cannot stand: keys held twice, posts nobody can fill, a broken chain."""


class ProofError(ChegetError):
    """Something of a chain cannot be proved, and is not guessed."""


class TooEntangledError(ProofError):
    """Too many people sit at several places at once; the message says who and where."""


class AssessmentError(ChegetError):
    """Beliefs of which something cannot be assessed, and is not guessed."""


class VerificationError(ChegetError):
    """Something shown does not verify; ``step`` is the number in the specification."""

    step = -1


class MalformedDocumentError(VerificationError):
    """Size, media type, canonical form or fields (step 0)."""

    step = 0


class LawError(VerificationError):
    """The charter, the law log, or the law the order names (step 1)."""

    step = 1


class AddressError(VerificationError):
    """A code that is not for this executor (step 2)."""

    step = 2


class NotAllowedError(VerificationError):
    """The chain does not allow what the order says (step 3)."""

    step = 3


class OptionError(NotAllowedError):
    """A parameter begins with ``-``: the program of an act could take it for an option."""


class LogError(VerificationError):
    """A slice, checkpoint or consistency proof at fault (step 4)."""

    step = 4


class BadSignatureError(VerificationError):
    """A signature that does not verify, or by a key that may not sign (step 5)."""

    step = 5


class NotReleasedError(VerificationError):
    """Not every level has concurred as the chain demands (step 6)."""

    step = 6


class UnfitEntryError(NotReleasedError):
    """An answer that fits no state: a desk refuses it, a log that holds it is at fault."""


class StoppedError(VerificationError):
    """Refused, countermanded or closed (step 7)."""

    step = 7


class TimingError(VerificationError):
    """Too early, too late, or no clock to tell by (step 8)."""

    step = 8


class AlreadyActedError(VerificationError):
    """The journal has this order already, or a limit is reached (step 9)."""

    step = 9


class CrewError(VerificationError):
    """The people beside the executor have not concurred (step 10)."""

    step = 10


class CrewRefusedError(CrewError):
    """One of the people beside the executor refused: final for it and this order."""


class NotAcceptedError(ChegetError):
    """A desk says no to a document, and logs nothing."""


class KeyFileError(ChegetError):
    """A private key that cannot be read or used."""


class WrongPassphraseError(KeyFileError):
    """The passphrase does not open the key file."""


class StoreError(ChegetError):
    """The database is busy, full, damaged or away; nothing was acknowledged."""


class TwoSequencersError(StoreError):
    """Somebody else has written at the position we meant to write."""


class UnreachableError(StoreError):
    """The database cannot be reached. Nothing was written, and nothing has to be restarted."""


class UnsettledError(StoreError):
    """The database went away while it committed: what was sent may be there, or not."""


class GoneBackError(ChegetError):
    """A log that lacks what somebody saw of it, or was restored: nothing is taken or signed."""


class JournalError(ChegetError):
    """An executor's journal is full, set back or damaged; the executor stops."""


class ActError(ChegetError):
    """An act that its executor did not begin."""


class SwappedProgramError(ActError):
    """The program on disk is not the one whose digest ``executor.yaml`` gives."""


class UserError(ActError):
    """The user to run an act as: unknown here, or one that the executor may not become."""


class SecretError(ActError):
    """A secret that is missing, empty, open to others, or whose vault's client failed."""


class SealError(ChegetError):
    """A secret that cannot be sealed to a chain, or a seal that cannot be opened."""


class BadShareError(SealError):
    """A share that is missing, does not open, or is not the one dealt; the message says whose."""


class WayRoundError(ChegetError):
    """A way round the chain that could not be tried: no denial, and no pass."""


class HungError(WayRoundError):
    """A way round that took too long; it was killed with its children, and denied nothing."""


class NoticeError(ChegetError):
    """A notice could not be sent: nobody answers there, or says no."""


class AwayError(ChegetError):
    """A house over the network does not answer, or not now; nothing is known to have happened."""


class BackupError(ChegetError):
    """A backup that is none, damaged, or of another house; or that would go over something."""


class HouseError(ChegetError):
    """A house folder that lacks or contradicts something."""
