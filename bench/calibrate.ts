/** Networks whose every layer of neurons fires at a wanted rate, as trained ones do at one that nobody can choose. */
import { Random } from "../src/core/index.ts";
import { BatchNorm, type Module } from "../src/nn/index.ts";
import { NeuronLayer } from "../src/snn/index.ts";
import { Tensor, withoutGradients } from "../src/tensor/index.ts";

/** Tensors that a calibration changed, by path. */
export type Calibration = ReadonlyMap<string, readonly number[]>;

/** Neurons that a bisection looks at; their rate is within half a percent of that of the layer. */
const SAMPLE = 20_000;
/** Halvings of a range of 16 deviations. */
const HALVINGS = 24;

/**
 * Runs a clip through a model and changes its batch normalisations on the way, so that every layer of neurons fires
 * `rate` spikes per neuron and step. All channels of a normalisation take one mean and one variance, those of its input
 * in this clip, so that currents vary about as much as the firing threshold, and random biases of deviation 1, so that
 * some channels fire more than others, as in trained networks; without them rates are chaotic, and small ones die out.
 * Before each layer of neurons, bisection finds the shift of the current at which it fires at the rate. The shift is
 * added to the bias of the normalisation that ran last, which is a term of that current, and to the current in place,
 * so that what follows is calibrated behind neurons that are. Rates hold for as many steps as the clip has: the sums of
 * joint attention grow with T.
 *
 * @param model - in evaluation mode
 * @param forward - runs the clip
 * @returns the tensors changed, to be set in models of the same shape by {@link applyCalibration}
 */
export function calibrate(model: Module, forward: () => void, rate: number): Calibration {
  const random = new Random("calibration");
  let last: BatchNorm | null = null;
  const changed = new Map<string, Tensor>();
  const changedModules: Module[] = [];
  for (const [path, module] of model.namedModules()) {
    if (module instanceof BatchNorm) {
      changed.set(`${path}.bias`, module.bias);
      changed.set(`${path}.runningMean`, module.runningMean);
      changed.set(`${path}.runningVariance`, module.runningVariance);
      const normalise = module.forward;
      module.forward = (x) => {
        last = module;
        normaliseLike(module, x, random);
        return normalise.call(module, x);
      };
    } else if (module instanceof NeuronLayer) {
      const fire = module.forward;
      module.forward = (current) => {
        const shift = findShift((x) => fire.call(module, x), current, rate);
        for (const numbers of [current.data, last!.bias.data]) {
          for (let i = 0; i < numbers.length; i++) numbers[i]! += shift;
        }
        return fire.call(module, current);
      };
    } else continue;
    changedModules.push(module);
  }
  try {
    withoutGradients(forward);
  } finally {
    // The method of the class shows through again.
    for (const module of changedModules) Reflect.deleteProperty(module, "forward");
  }
  return new Map([...changed].map(([name, { data }]) => [name, Array.from(data)]));
}

/** Sets what a calibration changed in a model of the same shape. */
export function applyCalibration(model: Module, calibration: Calibration): void {
  const tensors = model.namedTensors();
  for (const [name, values] of calibration) tensors.get(name)!.data.set(values);
}

/** See {@link calibrate}. */
function normaliseLike(
  { runningMean, runningVariance, bias }: BatchNorm,
  { data, size }: Tensor,
  random: Random,
) {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < SAMPLE; i++) {
    const value = data[random.integer(0, size)]!;
    sum += value;
    squares += value ** 2;
  }
  const mean = sum / SAMPLE;
  runningMean.data.fill(mean);
  runningVariance.data.fill(Math.max(1e-6, squares / SAMPLE - mean * mean));
  for (let c = 0; c < bias.size; c++) bias.data[c] = random.normal();
}

/** The shift of a current `[T, ...]` at which neurons fire `rate` spikes per step. */
function findShift(fire: (current: Tensor) => Tensor, current: Tensor, rate: number): number {
  const timeSteps = current.shape[0]!;
  const neurons = current.size / timeSteps;
  const count = Math.min(neurons, SAMPLE);
  const random = new Random(neurons);
  const places = Array.from({ length: count }, (_, i) =>
    count === neurons ? i : random.integer(0, neurons),
  );
  const sample = Float32Array.from(
    { length: timeSteps * count },
    (_, i) => current.data[Math.floor(i / count) * neurons + places[i % count]!]!,
  );
  const mean = sample.reduce((a, b) => a + b, 0) / sample.length;
  const deviation = Math.sqrt(sample.reduce((a, b) => a + (b - mean) ** 2, 0) / sample.length) + 1e-3;
  let [low, high] = [-mean - 8 * deviation, 2 - mean + 8 * deviation];
  const shifted = Tensor.empty([timeSteps, count]);
  for (let halving = 0; halving < HALVINGS; halving++) {
    const shift = (low + high) / 2;
    for (let i = 0; i < sample.length; i++) shifted.data[i] = sample[i]! + shift;
    const spikes = fire(shifted);
    let fired = 0;
    for (const count of spikes.data) fired += count / spikes.size;
    spikes.dispose();
    if (fired < rate) low = shift;
    else high = shift;
  }
  shifted.dispose();
  return (low + high) / 2;
}
