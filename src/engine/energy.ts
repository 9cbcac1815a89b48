/** What operations and accesses to memory cost on digital hardware that does only what its inputs ask for. */

/** Energy of a multiply-accumulate and of an accumulate, picojoules. */
export type EnergyCost = { readonly node: string; readonly macPj: number; readonly acPj: number };

/** Float32 at 45 nm [Horowitz2014] and at 7 nm [Jouppi2021], as the four papers use them. */
export const energyCosts = [
  { node: "45 nm", macPj: 4.6, acPj: 0.9 },
  { node: "7 nm", macPj: 1.69, acPj: 0.38 },
] as const satisfies readonly EnergyCost[];

/** Energy of operations in millijoules: compute only, without memory traffic. */
export function energyMj(
  operations: { readonly macs: number; readonly acs: number },
  cost: EnergyCost,
): number {
  return (operations.macs * cost.macPj + operations.acs * cost.acPj) * 1e-9;
}

/** Costs of a node with those of its memory, picojoules. */
export type MemoryCost = EnergyCost & {
  /** Adding two 32-bit integers: addresses. */
  readonly addPj: number;
  /** Multiplying two 32-bit integers: addresses. */
  readonly multiplyPj: number;
  /** One access to a static memory of so many bytes, from small to large; linear between, constant beyond. */
  readonly accessPj: readonly (readonly [bytes: number, pj: number])[];
};

const KIB = 1024;

/** 32-bit integers and caches of 8 KiB, 32 KiB and 1 MiB, at 45 nm [Horowitz2014] and at 7 nm [Jouppi2021, table 2]. */
export const memoryCosts = [
  {
    ...energyCosts[0],
    addPj: 0.1,
    multiplyPj: 3.1,
    accessPj: [
      [8 * KIB, 10],
      [32 * KIB, 20],
      [1024 * KIB, 100],
    ],
  },
  {
    ...energyCosts[1],
    addPj: 0.03,
    multiplyPj: 1.48,
    accessPj: [
      [8 * KIB, 7.5],
      [32 * KIB, 8.5],
      [1024 * KIB, 14],
    ],
  },
] as const satisfies readonly MemoryCost[];

/** Reads and writes of one memory, a number or a message each. */
export type Traffic = { readonly accesses: number; readonly bytes: number };

/** What a layer does: its synapses, its neurons, its addresses, and its accesses to four memories. */
export type LayerDemand = {
  readonly macs: number;
  readonly acs: number;
  /** Multiply-accumulates of neurons: the leak. */
  readonly leaks: number;
  /** Accumulates beside the synapses: biases, resets, residual sums. */
  readonly updates: number;
  readonly addressAdds: number;
  readonly addressMacs: number;
  readonly memories: {
    readonly inputs: Traffic;
    readonly weights: Traffic;
    readonly potentials: Traffic;
    readonly outputs: Traffic;
  };
};

/** Energy of a layer by what it goes to, millijoules. */
export type EnergyParts = {
  /** Multiply-accumulates and accumulates of synapses: what {@link energyMj} says. */
  readonly synapsesMj: number;
  readonly neuronsMj: number;
  readonly addressesMj: number;
  readonly memoryMj: number;
};

/** Energy of a layer with its memory traffic, see `demandOf`. */
export function energyParts(demand: LayerDemand, cost: MemoryCost): EnergyParts {
  const { macs, acs, leaks, updates, addressAdds, addressMacs, memories } = demand;
  const { addPj, multiplyPj } = cost;
  let memoryPj = 0;
  for (const { accesses, bytes } of Object.values(memories)) memoryPj += accesses * accessPj(bytes, cost);
  return {
    synapsesMj: energyMj({ macs, acs }, cost),
    neuronsMj: energyMj({ macs: leaks, acs: updates }, cost),
    addressesMj: (addressAdds * addPj + addressMacs * (addPj + multiplyPj)) * 1e-9,
    memoryMj: memoryPj * 1e-9,
  };
}

/** Sum of the parts, millijoules. */
export function totalMj({ synapsesMj, neuronsMj, addressesMj, memoryMj }: EnergyParts): number {
  return synapsesMj + neuronsMj + addressesMj + memoryMj;
}

/** Picojoules of one access to a memory of so many bytes. */
export function accessPj(bytes: number, { accessPj: points }: Pick<MemoryCost, "accessPj">): number {
  const above = points.findIndex(([size]) => bytes <= size);
  if (above === 0) return points[0]![1];
  if (above < 0) return points.at(-1)![1];
  const [low, high] = [points[above - 1]!, points[above]!];
  return low[1] + ((high[1] - low[1]) * (bytes - low[0])) / (high[0] - low[0]);
}
