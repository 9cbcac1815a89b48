import { expect, suite, test, vi } from "vitest";
import { Random } from "../../src/core/index.ts";
import { CAPSULE_STRIDE, type Material, Renderer, Textures } from "../../src/simulate/index.ts";
import { createPanel } from "../../src/simulate/background-kernel.ts";
import { createRetina } from "../../src/simulate/retina-kernel.ts";
import { presetHashes } from "../browser/sensor-hash.ts";

const PIXELS = 1000;

/** Bits of 32-bit floats. */
function bits(values: Float32Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length).slice();
}

suite("kernels of the simulator", () => {
  test.each([
    [true, true, true],
    [true, false, false],
    [false, true, true],
    [false, true, false],
    [false, false, true],
    [false, false, false],
  ])("the sensor's twin gives the same bits (codes %s, leak %s, low-pass %s)", (isCodes, leaks, passes) => {
    const random = new Random(`${isCodes}${leaks}${passes}`);
    const both = [false, true].map((isPlain) => createRetina(PIXELS, isCodes, 0.02, isPlain));
    const columns = ["level", "high", "low", "leak", "pass", "codes"] as const;
    for (const name of columns) {
      for (let i = 0; i < both[0]!.retina[name].length; i++) {
        const drawn = random.uniform();
        const value = { level: -drawn, high: 1, low: -2, leak: drawn * 1e-6, pass: drawn, codes: drawn }[
          name
        ];
        for (const { retina } of both) retina[name][i] = value;
      }
    }
    for (const { retina } of both) for (let b = 0; b < retina.blocks; b += 3) retina.restUntil[b] = 9e5;
    const odd = [NaN, -1, Infinity, 1e-40, 3e38, 0, 0.02, 1, -Infinity, 0.019999];
    const frame = new Float32Array(both[0]!.retina.level.length);
    for (let turn = 0; turn < 20; turn++) {
      for (let i = 0; i < frame.length; i++) {
        // Some blocks stay as they are.
        if (((i >> 4) + turn) % 4 === 0) continue;
        frame[i] = i % 50 === 0 ? odd[random.integer(0, odd.length)]! : random.uniform() ** 3;
      }
      const light = isCodes ? Uint8Array.from(frame, (x) => x * 255) : new Uint8Array(frame.buffer);
      const counts = both.map(({ retina, moves }) => {
        retina.frames[(turn & 1) as 0 | 1].set(light.subarray(0, retina.frames[0].length));
        return moves.advance((turn & 1) as 0 | 1, turn * 5e4, { leaks, passes });
      });
      expect(counts[1]).toBe(counts[0]);
      const [kernel, plain] = both.map(({ retina }) => retina);
      expect(bits(kernel!.level)).toEqual(bits(plain!.level));
      expect(kernel!.looks).toEqual(plain!.looks);
      expect(kernel!.active.subarray(0, counts[0])).toEqual(plain!.active.subarray(0, counts[0]));
      expect(bits(kernel!.from.subarray(0, counts[0]))).toEqual(bits(plain!.from.subarray(0, counts[0])));
    }
  });

  test("the renderer's twin gives the same bits, for every pattern and for capsules seen end-on", () => {
    const random = new Random(5);
    const patterns = ["plain", "stripes", "checks", "noise", "face"] as const;
    const materials: Material[] = patterns.map((pattern, k) => ({
      pattern,
      base: 0.2,
      figure: 0.7,
      period: 0.13,
      axis: [0.48, 0.6, 0.64],
      folds: k % 2 === 0 ? 0.3 : 0,
    }));
    const textures = new Textures(materials, [0.05, 0.02, 1], 3);
    const light = {
      sky: 0.8,
      ground: 0.3,
      up: Float64Array.of(0.1, -0.9, 0.2),
      lights: Float64Array.of(0.6, 0, -0.8, 0.4, -0.6, -0.8, 0, 0.3),
    };
    for (const sensor of [
      { width: 97, height: 61 },
      { width: 64, height: 200 },
    ]) {
      const camera = { fx: 80, fy: 82, cx: 47.3, cy: 31.1 };
      const [kernel, plain] = [new Renderer(sensor), new Renderer(sensor, true)];
      for (let picture = 0; picture < 30; picture++) {
        const count = random.integer(1, 30);
        const data = new Float64Array(count * CAPSULE_STRIDE);
        const somewhere = () => [random.uniform(-1.5, 1.5), random.uniform(-1, 1), random.uniform(0.5, 3)];
        for (let c = 0; c < count; c++) {
          const a = somewhere();
          const b = random.uniform() < 0.3 ? a.map((x) => x * random.uniform(0.9, 1.1)) : somewhere();
          const turn = [0.8, 0.6, 0, -0.6, 0.8, 0, 0, 0, 1, 0.1, -0.2, 0.05];
          data.set([...a, ...b, random.uniform(0, 0.3), random.uniform(0, 0.3), ...turn], c * CAPSULE_STRIDE);
        }
        const capsules = { data, material: Uint8Array.from({ length: count }, (_, c) => c % 5) };
        const frames = [kernel, plain].map((renderer) => {
          const frame = new Float32Array(sensor.width * sensor.height).fill(0.4);
          renderer.draw(capsules, camera, textures, light, frame);
          return frame;
        });
        expect(bits(frames[0]!)).toEqual(bits(frames[1]!));
        const owners = [kernel, plain].map((renderer) => {
          const out = new Int16Array(sensor.width * sensor.height);
          renderer.owners(out);
          return out;
        });
        expect(owners[0]).toEqual(owners[1]);
      }
    }
  });

  test("without WebAssembly the events of every preset are the same", async () => {
    const usual = presetHashes();
    vi.resetModules();
    vi.stubGlobal("WebAssembly", undefined);
    try {
      const plain = await import("../browser/sensor-hash.ts");
      expect(plain.presetHashes).not.toBe(presetHashes);
      expect(plain.presetHashes()).toEqual(usual);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  test("a background moved by parts of a pixel has the same bits without the kernel", () => {
    const random = new Random(8);
    const [kernel, plain] = [false, true].map((isPlain) => createPanel(37, 20, 31, isPlain));
    for (let i = 0; i < kernel!.paint.length; i++) {
      kernel!.paint[i] = plain!.paint[i] = random.uniform();
    }
    for (let k = 0; k < 20; k++) {
      const place = [
        random.integer(0, 129),
        random.integer(0, 11),
        random.uniform(),
        random.uniform(),
      ] as const;
      kernel!.draw(...place);
      plain!.draw(...place);
      expect(bits(kernel!.picture)).toEqual(bits(plain!.picture));
    }
  });
});
