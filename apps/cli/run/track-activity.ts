/** What fired while a recording was tracked. */
import { ActivityMonitor, energyCosts, energyMj } from "../../../src/engine/index.ts";
import type { Module } from "../../../src/nn/index.ts";
import type { Tensor } from "../../../src/tensor/index.ts";

/** Neurons of a layer that are shown one by one. */
export const RASTER_NEURONS = 96;

/** Firing in one forward pass. */
export type PassActivity = {
  /** Spikes per neuron for each layer and step, `[layers][T]`. */
  readonly rates: readonly (readonly number[])[];
  /** Spikes of some neurons of the layers of {@link ActivityLog.rasterLayers}, `[layers][T][RASTER_NEURONS]`. */
  readonly spikes: readonly (readonly Uint8Array[])[];
};

/** Operations and firing of all passes; counts are means of one pass. */
export type ActivitySummary = {
  readonly macs: number;
  readonly acs: number;
  readonly denseMacs: number;
  /** Spikes per neuron and step, mean of the layers; undefined of a model without neurons. */
  readonly firingRate: number | undefined;
  /** Energy of one pass by process node. */
  readonly energy: readonly {
    readonly node: string;
    readonly macPj: number;
    readonly acPj: number;
    readonly spikingMj: number;
    readonly denseMj: number;
  }[];
};

/** Watches a model; {@link ActivityLog.take} after each pass. */
export class ActivityLog {
  /** Layers whose spikes are kept: an early one, one half way, the last. */
  readonly rasterLayers: readonly string[];
  /** Names of all layers of neurons, known after the first pass. */
  layers: readonly string[] = [];
  readonly #model: Module;
  readonly #spikes = new Map<string, Uint8Array[]>();
  readonly #watched: ReadonlyMap<string, (spikes: Tensor) => void>;
  #monitor: ActivityMonitor;
  #passes = 0;
  #rate = 0;
  readonly #total = { denseMacs: 0, macs: 0, acs: 0 };

  constructor(model: Module) {
    this.#model = model;
    const names = model.namedModules().flatMap(([name]) => (/neurons\d*$/i.test(name) ? [name] : []));
    this.rasterLayers = [2, names.length >> 1, names.length - 1].flatMap((i) => names[i] ?? []);
    this.#watched = new Map(
      this.rasterLayers.map((layer) => [layer, (spikes) => void this.#spikes.set(layer, sampled(spikes))]),
    );
    this.#monitor = new ActivityMonitor(model, this.#watched);
  }

  /** The activity of the pass since the last call; there must have been one. */
  take(): PassActivity {
    const firing = this.#monitor.firing();
    const { denseMacs, macs, acs } = this.#monitor.total();
    this.#monitor.close();
    this.#monitor = new ActivityMonitor(this.#model, this.#watched);
    this.layers = firing.map(({ layer }) => layer);
    this.#total.denseMacs += denseMacs;
    this.#total.macs += macs;
    this.#total.acs += acs;
    this.#rate += mean(firing.map(({ ratePerStep }) => mean(ratePerStep)));
    this.#passes++;
    return {
      rates: firing.map(({ ratePerStep }) => ratePerStep),
      spikes: this.rasterLayers.map((layer) => this.#spikes.get(layer) ?? []),
    };
  }

  /** Means over the passes so far. */
  summary(): ActivitySummary {
    const passes = Math.max(1, this.#passes);
    const [macs, acs, denseMacs] = [
      this.#total.macs / passes,
      this.#total.acs / passes,
      this.#total.denseMacs / passes,
    ];
    const firingRate = this.layers.length === 0 ? undefined : this.#rate / passes;
    const energy = energyCosts.map((cost) => ({
      ...cost,
      spikingMj: energyMj({ macs, acs }, cost),
      denseMj: energyMj({ macs: denseMacs, acs: 0 }, cost),
    }));
    return { macs, acs, denseMacs, firingRate, energy };
  }

  /** Stops watching. */
  close(): void {
    this.#monitor.close();
  }
}

/** Neurons at equal distances, `[T][RASTER_NEURONS]`, of spikes `[T, ...]`. */
function sampled(spikes: Tensor): Uint8Array[] {
  const timeSteps = spikes.shape[0]!;
  const neurons = spikes.size / timeSteps;
  const { data } = spikes;
  return Array.from({ length: timeSteps }, (_, t) =>
    Uint8Array.from({ length: Math.min(RASTER_NEURONS, neurons) }, (__, n) => {
      const neuron = Math.floor(((n + 0.5) * neurons) / Math.min(RASTER_NEURONS, neurons));
      return data[t * neurons + neuron]! === 0 ? 0 : 1;
    }),
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
}
