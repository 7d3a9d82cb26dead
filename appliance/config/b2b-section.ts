import type { z } from "zod";
import type { B2bModel } from "../model.ts";
import { seconds, section } from "./values.ts";

export const b2bSchema = section({
  max_call_s: seconds(0, 604_800)
    .default(0)
    .describe("The longest call through the B2BUA from its answer on; 0 is no limit"),
});

export const b2bOf = (config: z.output<typeof b2bSchema>): B2bModel => ({
  ...(config.max_call_s === 0 ? {} : { maxCallSeconds: config.max_call_s }),
});
