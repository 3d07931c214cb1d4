import type { ZodType } from 'zod'
import type { DoorRight } from '../base/index.ts'

/**
 * One row of the table. Schemas are thunks: naming an operation builds none, so that `ax` stays fast
 * (120 schemas cost about 20 ms at import).
 */
export interface Operation<Input extends ZodType = ZodType, Output extends ZodType = ZodType> {
  /** What it does, one sentence. */
  readonly summary: string
  /** What a caller must hold; the door checks it before the handler sees anything. */
  readonly right: DoorRight
  /** True: the handler yields items until it is done or cancelled; `output` is the shape of one item. */
  readonly streaming?: boolean
  readonly input: () => Input
  readonly output: () => Output
}

/** Keeps the literal types of a row. */
export function operation<Input extends ZodType, Output extends ZodType>(
  row: Operation<Input, Output>,
): Operation<Input, Output> {
  return row
}
