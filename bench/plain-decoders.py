"""Rivals of the readers in bench/events.ts: whole files to columns t, x, y, p by vectorised NumPy, h5py and SciPy.

plain-decoders.py FORMAT PATH RUNS SECONDS CLOCK; prints the number of events and the seconds of the fastest run, of RUNS or
as many as fit into SECONDS. CLOCK is "processor" or "wall". Without arguments: the versions.
"""
import sys
import time

import numpy as np


def header(path):
    """Bytes of the lines `% ...` or `#...` that a file starts with."""
    at = 0
    with open(path, "rb") as file:
        for line in file:
            if not (line.startswith(b"% ") or line.startswith(b"#")):
                return at
            at += len(line)
            if line.startswith(b"#!END-HEADER"):
                return at
    return at


def carried(values, marks):
    """At each word the value of the last marked word before it."""
    return values[marks][np.maximum(np.cumsum(marks) - 1, 0)]


def evt2(path):
    words = np.fromfile(path, "<u4", offset=header(path))
    kind = words >> 28
    high = carried(words & 0xFFFFFFF, kind == 8)
    cd = kind <= 1
    word = words[cd]
    t = high[cd].astype(np.int64) << 6 | (word >> 22) & 63
    return t, (word >> 11 & 0x7FF).astype(np.uint16), (word & 0x7FF).astype(np.uint16), (word >> 28).astype(np.uint8)


def evt21(path):
    pairs = np.fromfile(path, "<u4", offset=header(path)).reshape(-1, 2)
    words = pairs[:, 1]
    kind = words >> 28
    high = carried(words & 0xFFFFFFF, kind == 8)
    cd = kind <= 1
    word = words[cd]
    mask = np.ascontiguousarray(pairs[cd, 0])
    row, bit = np.nonzero(np.unpackbits(mask.view(np.uint8).reshape(-1, 4), axis=1, bitorder="little"))
    t = (high[cd].astype(np.int64) << 6 | (word >> 22) & 63)[row]
    word = word[row]
    x = ((word >> 11 & 0x7FF) + bit).astype(np.uint16)
    return t, x, (word & 0x7FF).astype(np.uint16), (word >> 28).astype(np.uint8)


def dat(path):
    pairs = np.fromfile(path, "<u4", offset=header(path) + 2).reshape(-1, 2)
    word = pairs[:, 1]
    t = pairs[:, 0].astype(np.int64)
    return t, (word & 0x3FFF).astype(np.uint16), (word >> 14 & 0x3FFF).astype(np.uint16), (word >> 28).astype(np.uint8)


def aedat2(path):
    pairs = np.fromfile(path, ">u4", offset=header(path)).reshape(-1, 2)
    word = pairs[:, 0].astype(np.uint32)
    word = word[word >> 31 == 0]
    t = pairs[:, 1].astype(np.int64)
    return t, (word >> 12 & 0x3FF).astype(np.uint16), (word >> 22 & 0x1FF).astype(np.uint16), (word >> 11 & 1).astype(np.uint8)


def aedat3(path):
    data = np.fromfile(path, np.uint8, offset=header(path))
    at, parts = 0, []
    while at < len(data):
        count = int(data[at + 20 : at + 24].view("<i4")[0])
        parts.append(data[at + 28 : at + 28 + 8 * count].view("<u4"))
        at += 28 + 8 * count
    pairs = np.concatenate(parts).reshape(-1, 2)
    word = pairs[:, 0]
    t = pairs[:, 1].astype(np.int64)
    return t, (word >> 17).astype(np.uint16), (word >> 2 & 0x7FFF).astype(np.uint16), (word >> 1 & 1).astype(np.uint8)


def nmnist(path):
    raw = np.fromfile(path, np.uint8).reshape(-1, 5).astype(np.uint32)
    t = (raw[:, 2] & 0x7F) << 16 | raw[:, 3] << 8 | raw[:, 4]
    return t.astype(np.int64), raw[:, 0].astype(np.uint16), raw[:, 1].astype(np.uint16), (raw[:, 2] >> 7).astype(np.uint8)


def bs3(path):
    raw = np.fromfile(path, np.uint8).reshape(-1, 7).astype(np.uint32)
    x = raw[:, 0] << 4 | raw[:, 1] >> 4
    y = (raw[:, 1] & 15) << 8 | raw[:, 2]
    t = raw[:, 4] << 16 | raw[:, 5] << 8 | raw[:, 6]
    return t.astype(np.int64), x.astype(np.uint16), y.astype(np.uint16), raw[:, 3].astype(np.uint8)


def npy(path):
    rows = np.load(path)
    return tuple(np.ascontiguousarray(rows[name]) for name in "txyp")


def npz(path):
    with np.load(path) as archive:
        return tuple(archive[name] for name in "txyp")


def hdf5(path):
    import h5py

    with h5py.File(path) as file:
        events = file["events"]
        return (events["t"][:] + file["t_offset"][()], events["x"][:], events["y"][:], events["p"][:])


def mat(path):
    import scipy.io

    file = scipy.io.loadmat(path)
    t, x, y, p = (file[name].ravel() for name in "txyp")
    return t, (x - 1).astype(np.uint16), (y - 1).astype(np.uint16), (p - 1).astype(np.uint8)


def csv(path):
    rows = np.loadtxt(path, dtype=np.int64, delimiter=",", skiprows=1)
    return rows[:, 0], rows[:, 1].astype(np.uint16), rows[:, 2].astype(np.uint16), rows[:, 3].astype(np.uint8)


def txt(path):
    rows = np.loadtxt(path)
    return (np.rint(rows[:, 0] * 1e6), *(rows[:, i].astype(np.uint16) for i in (1, 2)), rows[:, 3].astype(np.uint8))


def versions():
    found = [f"Python {sys.version.split()[0]}", f"NumPy {np.__version__}"]
    for name in ("h5py", "scipy", "pandas"):
        try:
            found.append(f"{name} {__import__(name).__version__}")
        except ImportError:
            found.append(f"no {name}")
    return ", ".join(found)


if len(sys.argv) == 1:
    print(versions())
else:
    name, path, runs, seconds, clock = sys.argv[1:]
    load = globals()[name]
    now = time.process_time if clock == "processor" else time.perf_counter
    fastest, end = float("inf"), time.perf_counter() + float(seconds)
    for run in range(int(runs)):
        start = now()
        columns = load(path)
        fastest = min(fastest, now() - start)
        count = len(columns[0])
        assert all(len(column) == count for column in columns)
        del columns
        if time.perf_counter() > end:
            break
    print(count, fastest)
