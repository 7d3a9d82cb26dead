import { z } from "zod";

const ON_BOTH = z.registry<{ readonly onBoth: true }>();

/**
 * Marks a key on which the two nodes must agree: with different values there they would misjudge each other, or be found
 * to differ at the next failover. It is changed on both at once.
 */
export const onBoth = <Schema extends z.ZodType>(schema: Schema): Schema => {
  ON_BOTH.add(schema, { onBoth: true });
  return schema;
};

export const isOnBoth = (schema: z.core.$ZodType): boolean => ON_BOTH.has(schema);
