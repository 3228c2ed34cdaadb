"""What the words of an exception mean: data, so that a new library is one more line. The first that fits is taken."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

FailureKind = Literal["code", "config", "data", "memory", "environment"]

LADDER = (
    "halve the rows at a time and double the accumulation, then checkpoint activations, then a smaller dtype; method, model, "
    "sequence length and data stay"
)
NO_NETWORK = "the sandbox has no network: use what lies in data/, or ask for it in the plan"
SHAPES = "print the shapes that meet here, on two rows; mend the model's or the features' side, not the data"
SIGNATURE = "look the signature up in the installed version; your memory of it is older"
SLOW = (
    "measure one step and do the same with less waste; time is asked for, never won by doing less under the same name"
)
STAYS = "the check that stopped it stays; look at the loss, the gradients and the learning rate before that step"


@dataclass(frozen=True)
class Rule:
    """Kinds of exceptions and words of their messages that mean one thing."""

    kind: FailureKind
    raised: str
    """A pattern for the name of the exception; empty for any."""
    words: str
    """A pattern that stands in the message; empty for any."""
    says: str
    """What it is in plain words; empty: the message itself says it."""
    advice: str

    def fits(self, raised: str, message: str) -> bool:
        named = not self.raised or re.fullmatch(self.raised, raised) is not None
        return named and (not self.words or re.search(self.words, message, re.IGNORECASE) is not None)


RULES = (
    # memory
    Rule(
        "memory",
        "",
        r"CUDA out of memory|HIP out of memory|MPS backend out of memory|CU(BLAS|DNN|FFT|SOLVER)_STATUS_(ALLOC_FAILED|NOT_INITIALIZED)",
        "the GPU's memory is full",
        LADDER,
    ),
    Rule("memory", "OutOfMemoryError|MemoryError|_ArrayMemoryError|ArrowMemoryError", "", "the memory is full", LADDER),
    Rule(
        "memory",
        "",
        r"can't allocate memory|Cannot allocate memory|Unable to allocate|std::bad_alloc|out of memory|\[Errno 12\]",
        "the memory is full",
        LADDER,
    ),
    # environment
    Rule(
        "environment",
        "",
        r"No space left on device|Disk quota exceeded|\[Errno 28\]|inline_container.*unexpected pos",
        "the disk is full",
        "make room, or keep fewer checkpoints: nothing in the script is wrong",
    ),
    Rule(
        "environment",
        "OfflineModeIsEnabled|LocalEntryNotFoundError|gaierror|URLError|HTTPError|ConnectTimeout|ConnectionError"
        "|ConnectionRefusedError|MaxRetryError|NewConnectionError|ConnectError|HfHubHTTPError",
        "",
        "it asked for the network",
        NO_NETWORK,
    ),
    Rule(
        "environment",
        "",
        r"Network is unreachable|name resolution|Name or service not known|Max retries exceeded|couldn't connect to"
        r"|offline mode is enabled|outgoing traffic has been disabled|cached files.*(look|connect)",
        "it asked for the network",
        NO_NETWORK,
    ),
    Rule(
        "environment",
        "",
        r"not compiled with CUDA|No CUDA GPUs are available|NVIDIA driver|no kernel image is available|CUDA driver",
        "it wants a GPU that is not here",
        'choose the device by what is there: "cuda" if torch.cuda.is_available() else "cpu"',
    ),
    Rule(
        "environment",
        "",
        r"doesn't support bf16|bf16/gpu",
        "it wants a number format that this machine has not",
        "bf16 and fp16 by what is there: bf16=torch.cuda.is_available()",
    ),
    Rule(
        "environment",
        "",
        r"EADDRINUSE|address already in use",
        "a port is taken",
        "one process, and no servers: leave the process group out",
    ),
    Rule(
        "environment",
        "",
        r"can't start new thread|Too many open files|\[Errno 24\]|insufficient shared memory|out of shared memory|\(shm\)",
        "a limit of the machine is reached",
        "fewer workers (num_workers=0), files closed after use",
    ),
    Rule(
        "memory",
        "",
        r"DataLoader worker .*(killed by signal: Killed|exited unexpectedly)|process pool was terminated abruptly"
        r"|worker process managed by the executor was unexpectedly terminated",
        "a worker of the script was killed, as the machine does when memory is full",
        "fewer workers first (num_workers=0, n_jobs=1); then " + LADDER,
    ),
    Rule(
        "environment",
        "ImportError|OSError",
        r"cannot open shared object file|undefined symbol",
        "a library of the system is missing",
        "use another package that does the same, or ask for it",
    ),
    # code: names and signatures
    Rule(
        "code",
        "",
        r"unexpected keyword argument|got multiple values for|missing \d+ required|takes (from )?\d+ (to \d+ )?positional"
        r"|takes no (keyword )?arguments",
        "",
        SIGNATURE,
    ),
    Rule(
        "code",
        "ModuleNotFoundError|ImportError",
        "",
        "",
        "use what is installed, under the name it has there; " + SIGNATURE,
    ),
    Rule(
        "code",
        "SyntaxError|IndentationError|TabError",
        "",
        "",
        "mend the line; check_script shows this before anything is run",
    ),
    # what does not fit together
    Rule(
        "code",
        "",
        r"loading state_dict for",
        "what is loaded was saved from another model than this one",
        "build the same model in train and in predict, from the same settings",
    ),
    Rule(
        "code",
        "",
        r"mat1 and mat2 shapes|size mismatch|sizes? of tensor|could not be broadcast|shapes? .*(not aligned|mismatch|incompatible)"
        r"|Expected input batch_size|inconsistent numbers of samples|features, but .* is expecting"
        r"|Dimension out of range|invalid for input of size"
        r"|shape .* is invalid|Sizes of tensors must match|expected .* dimensional|inhomogeneous shape|mismatch in its core dimension"
        r"|stack expects each tensor to be equal size",
        "",
        SHAPES,
    ),
    Rule(
        "code",
        "IndexError",
        r"index out of range in self",
        "a token id or a class lies beyond the table it is looked up in",
        "compare the largest id with the size of the embedding, the largest label with the number of classes",
    ),
    Rule(
        "code",
        "",
        r"device-side assert",
        "an index lies outside its table, on the GPU",
        "run it on the CPU once: there the line is named; mostly a label or token id that is too large",
    ),
    Rule(
        "code",
        "",
        r"expected scalar type|must have the same dtype|same dtype|expected m1 and m2|not implemented for '(Half|BFloat16|Long|Int)'",
        "",
        "bring both sides to one dtype where they meet",
    ),
    Rule(
        "code",
        "",
        r"Expected all tensors to be on the same device|found at least two devices",
        "",
        "move model and batch to the same device",
    ),
    # numbers
    Rule(
        "data",
        "ValueError",
        r"Input (X|y) contains (NaN|infinity)|contains NaN",
        "",
        "the data has gaps: fill them by a rule learnt on the training rows",
    ),
    Rule(
        "config",
        "",
        r"(loss|gradient|weights?|grad_norm|logits|probability tensor)[^.]*\b(nan|inf|non-?finite|not finite|no number|infinite)"
        r"|\b(nan|non-?finite|not finite)\b[^.]*(loss|gradient|weights?|logits)|returned nan values",
        "the numbers are lost: NaN or infinite",
        STAYS,
    ),
    # data
    Rule(
        "data",
        "",
        r"Column name .* not in the dataset|not a column of the dataframe|columns? .*(not found|does not exist)",
        "there is no such column or key",
        "look at the keys of one row, and use those",
    ),
    Rule(
        "data",
        "ColumnNotFoundError",
        "",
        "there is no such column or key",
        "look at the keys of one row, and use those",
    ),
    Rule("data", "UnicodeDecodeError", "", "", "open the file with the encoding it has"),
    Rule(
        "data",
        "ValueError|TypeError",
        r"could not convert string to float|invalid literal for int|only one (class|label)|least populated class"
        r"|number of classes.*(one|1)|unknown categor|y contains previously unseen labels|Unknown label type",
        "",
        "look at the values of the column before it is used; the rows stay as they are",
    ),
    Rule(
        "data",
        "ArrowInvalid|DatasetGenerationError|CastError|ParserError|DataFilesNotFoundError",
        "",
        "",
        "read data/train.jsonl line by line with json.loads",
    ),
)
