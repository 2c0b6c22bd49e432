/** The workloads of records, by name. W9 has a runner of its own (w9/). */

import { W1 } from "./w1/w1.ts";
import { W2 } from "./w2/w2.ts";
import { W3 } from "./w3/w3.ts";
import { W4 } from "./w4/w4.ts";
import { W5 } from "./w5/w5.ts";
import { W6 } from "./w6/w6.ts";
import { W7 } from "./w7/w7.ts";
import { W8 } from "./w8/w8.ts";
import { W10 } from "./w10/w10.ts";
import { WINDOW } from "./window/window.ts";
import type { Workload } from "./workload.ts";

export const WORKLOADS: readonly Workload[] = [W1, W2, W3, W4, W5, W6, W7, W8, W10, WINDOW];
