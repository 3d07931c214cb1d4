/** What a command gives: the result for programs, and how people see it. */
export interface Outcome {
  /** `result` of the envelope; its fields are those of the operation. */
  readonly result: unknown
  /** How `-o table` and `-o wide` show it. */
  readonly view: View
  /** What `-o name` prints, one a line. */
  readonly names?: readonly string[]
  /** Lines for stderr: what takes effect when, what was skipped. */
  readonly notices?: readonly string[]
  /** Exit status where it is not 0 although nothing failed. */
  readonly exit?: number
  /** Items that come while one waits; `result` and `view` are not used then. */
  readonly items?: AsyncIterable<Outcome>
}

export type View =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'fields'; readonly fields: readonly (readonly [label: string, value: string])[] }
  | {
      readonly kind: 'table'
      readonly head: readonly string[]
      readonly rows: readonly (readonly string[])[]
      /** Columns, by head, that only `-o wide` shows. */
      readonly wide?: readonly string[]
      /** Said in place of an empty table. */
      readonly empty?: string
    }
  /** A title, and what stands under it. */
  | { readonly kind: 'section'; readonly title: string; readonly view: View }
  | { readonly kind: 'parts'; readonly parts: readonly View[] }

export function text(value: string): View {
  return { kind: 'text', text: value }
}

/** Label and value, one a line; a value that is undefined is left out. */
export function fields(values: Readonly<Record<string, string | number | boolean | null | undefined>>): View {
  const present = Object.entries(values).filter(([, value]) => value !== undefined)
  return { kind: 'fields', fields: present.map(([label, value]) => [label, cell(value)]) }
}

export function table(
  head: readonly string[],
  rows: readonly (readonly (string | number | boolean | null | undefined)[])[],
  options: { wide?: readonly string[]; empty?: string } = {},
): View {
  return { kind: 'table', head, rows: rows.map((row) => row.map(cell)), ...options }
}

export function parts(...views: readonly View[]): View {
  return { kind: 'parts', parts: views }
}

function cell(value: string | number | boolean | null | undefined): string {
  if (value === undefined || value === null || value === '') return '-'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return String(value)
}
