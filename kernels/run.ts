// From a kernel's number to its code.
import * as id from "./ids";
import { padImages } from "./conv";
import { depthwise, depthwiseWeightGrad } from "./depthwise";
import { addScaled, affine, binary, broadcast, clamp, unary } from "./elementwise";
import { columnProducts, combine, packColumns, rowProducts } from "./gemm";
import { copyBlocks, permute } from "./move";
import { integerNeuron, integerNeuronGrad, neuron, neuronGrad } from "./neuron";
import { batchNormGrad, batchNormSums, channelAffine, channelMoments } from "./norm";
import { adamStep, sgdStep } from "./optimiser";
import { attendPixels, attendTables, runTables, tabulateAttention } from "./packed-attention";
import { depthwiseSpikes } from "./packed-depthwise";
import { convolveSpikes, countPacked, packSpikes, unpackSpikes } from "./packed-spikes";
import { avgPool, maxPool, poolGrad } from "./pool";
import { countNonZero, sum, sumRows } from "./reduce";
import { settleCurrents } from "./settle";
import {
  countSpikes,
  gather,
  gatherWeightGrad,
  listRuns,
  listSpikes,
  packPanels,
  spreadPanels,
  transposeLists,
} from "./spikes";

/** Runs one task of a kernel; `args` is the address of its arguments. */
export function run(kernel: i32, args: usize, task: i32): void {
  switch (kernel) {
    case id.PACK_COLUMNS:
      return packColumns(args, task);
    case id.ROW_PRODUCTS:
      return rowProducts(args, task);
    case id.COLUMN_PRODUCTS:
      return columnProducts(args, task);
    case id.COMBINE:
      return combine(args, task);
    case id.PAD_IMAGES:
      return padImages(args, task);
    case id.DEPTHWISE:
      return depthwise(args, task);
    case id.DEPTHWISE_WEIGHT_GRAD:
      return depthwiseWeightGrad(args, task);
    case id.NEURON:
      return neuron(args, task);
    case id.NEURON_GRAD:
      return neuronGrad(args, task);
    case id.INTEGER_NEURON:
      return integerNeuron(args, task);
    case id.INTEGER_NEURON_GRAD:
      return integerNeuronGrad(args, task);
    case id.UNARY:
      return unary(args, task);
    case id.CLAMP:
      return clamp(args, task);
    case id.BINARY:
      return binary(args, task);
    case id.BROADCAST:
      return broadcast(args, task);
    case id.AFFINE:
      return affine(args, task);
    case id.ADD_SCALED:
      return addScaled(args, task);
    case id.COUNT_NON_ZERO:
      return countNonZero(args, task);
    case id.SUM:
      return sum(args, task);
    case id.SUM_ROWS:
      return sumRows(args, task);
    case id.CHANNEL_MOMENTS:
      return channelMoments(args, task);
    case id.CHANNEL_AFFINE:
      return channelAffine(args, task);
    case id.BATCH_NORM_SUMS:
      return batchNormSums(args, task);
    case id.BATCH_NORM_GRAD:
      return batchNormGrad(args, task);
    case id.PERMUTE:
      return permute(args, task);
    case id.COPY_BLOCKS:
      return copyBlocks(args, task);
    case id.SGD_STEP:
      return sgdStep(args, task);
    case id.ADAM_STEP:
      return adamStep(args, task);
    case id.COUNT_SPIKES:
      return countSpikes(args, task);
    case id.LIST_SPIKES:
      return listSpikes(args, task);
    case id.LIST_RUNS:
      return listRuns(args, task);
    case id.PACK_PANELS:
      return packPanels(args, task);
    case id.GATHER:
      return gather(args, task);
    case id.TRANSPOSE_LISTS:
      return transposeLists(args, task);
    case id.SPREAD_PANELS:
      return spreadPanels(args, task);
    case id.GATHER_WEIGHT_GRAD:
      return gatherWeightGrad(args, task);
    case id.AVG_POOL:
      return avgPool(args, task);
    case id.MAX_POOL:
      return maxPool(args, task);
    case id.POOL_GRAD:
      return poolGrad(args, task);
    case id.CONVOLVE_SPIKES:
      return convolveSpikes(args, task);
    case id.SETTLE_CURRENTS:
      return settleCurrents(args, task);
    case id.PACK_SPIKES:
      return packSpikes(args, task);
    case id.UNPACK_SPIKES:
      return unpackSpikes(args, task);
    case id.COUNT_PACKED:
      return countPacked(args, task);
    case id.TABULATE_ATTENTION:
      return tabulateAttention(args, task);
    case id.RUN_TABLES:
      return runTables(args, task);
    case id.ATTEND_TABLES:
      return attendTables(args, task);
    case id.ATTEND_PIXELS:
      return attendPixels(args, task);
    case id.DEPTHWISE_SPIKES:
      return depthwiseSpikes(args, task);
    default:
      unreachable();
  }
}
