"""A plain event camera emulator, frame by frame in NumPy, as v2e's model without its optics [Hu2021].

Reads frames of WIDTH x HEIGHT 8-bit codes at RATE Hz from standard input; prints frames, events and seconds.
"""
import sys
import time

import numpy as np

WIDTH, HEIGHT, RATE = (int(arg) for arg in sys.argv[1:4])
THRESHOLD, SIGMA, CUTOFF_HZ, LEAK_HZ, SHOT_HZ, REFRACTORY_S = 0.2, 0.035, 200.0, 0.1, 1.0, 500e-6

rng = np.random.default_rng(1)
shape = (HEIGHT, WIDTH)
on_threshold = np.maximum(0.02, rng.normal(THRESHOLD, SIGMA, shape)).astype(np.float32)
off_threshold = np.maximum(0.02, rng.normal(THRESHOLD, SIGMA, shape)).astype(np.float32)
leak = (LEAK_HZ * 10 ** rng.normal(0, 0.1, shape) * on_threshold / RATE).astype(np.float32)
codes = np.arange(256, dtype=np.float64)
table = np.where(codes < 20, np.log(20) - 1 + codes / 20, np.log(np.maximum(codes, 1))).astype(np.float32)
light = (codes / 255).astype(np.float32)

level = base = None
last_event = np.full(shape, -1.0)
frames = events = 0
seconds = 0.0
while True:
    data = sys.stdin.buffer.read(WIDTH * HEIGHT)
    if len(data) < WIDTH * HEIGHT:
        break
    start = time.perf_counter()
    frame = np.frombuffer(data, np.uint8).reshape(shape)
    now, step = frames / RATE, 1 / RATE
    frames += 1
    target, intensity = table[frame], light[frame]
    if level is None:
        level, base = target.copy(), target.copy()
        seconds += time.perf_counter() - start
        continue
    share = np.minimum(1, 2 * np.pi * CUTOFF_HZ * (intensity * 255 + 20) / 275 * step)
    level += share * (target - level)
    base -= leak
    change = level - base
    on_count = np.maximum(0, np.floor(change / on_threshold)).astype(np.int32)
    off_count = np.maximum(0, np.floor(-change / off_threshold)).astype(np.int32)
    batch = []
    most = max(on_count.max(), off_count.max())
    for k in range(most):
        at = now - step + step * (k + 1) / (most + 1)
        for count, polarity in ((on_count, 1), (off_count, 0)):
            fires = (count > k) & (at - last_event > REFRACTORY_S)
            last_event[fires] = at
            y, x = np.nonzero(fires)
            batch.append(np.stack([np.full(len(x), at), x, y, np.full(len(x), polarity)], 1))
    base += on_count * on_threshold - off_count * off_threshold
    share = SHOT_HZ * step * (1 - 0.75 * intensity)
    noise = rng.random(shape, np.float32)
    for fires, polarity in ((noise < share / 2, 0), (noise > 1 - share / 2, 1)):
        y, x = np.nonzero(fires)
        batch.append(np.stack([np.full(len(x), now), x, y, np.full(len(x), polarity)], 1))
        base[fires] = level[fires]
    if batch:
        rows = np.concatenate(batch)
        events += len(rows[np.argsort(rows[:, 0], kind="stable")])
    seconds += time.perf_counter() - start
print(frames, events, seconds)
