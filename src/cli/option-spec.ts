/** One option of a command. */
export interface OptionSpec {
  /** `-o, --out <file>`. */
  readonly flags: string
  readonly summary: string
  /** May stand several times. */
  readonly repeatable?: boolean
}
