/** The workloads of records, by name. W9 has a runner of its own (w9/). */

import { W1 } from "./w1/w1.ts";
import { W2 } from "./w2/w2.ts";
import { W4 } from "./w4/w4.ts";
import type { Workload } from "./workload.ts";

export const WORKLOADS: readonly Workload[] = [W1, W2, W4];
