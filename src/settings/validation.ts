import type { ZodError, ZodType } from 'zod'
import * as z from 'zod'
import { fail, type HyraxError } from '../base/index.ts'
import type { SettingValue } from './schema.ts'
import type { Leaf } from './scope.ts'

/** One thing that is wrong, at a JSON pointer. Titles and details keep the seed's family's words. */
export interface Problem {
  readonly pointer: string
  readonly title: string
  readonly detail?: string
}

/** The zod schema of the object that these leaves make, every member optional, nothing else allowed. */
export function schemaOf(leaves: readonly { segments: readonly string[]; schema: () => ZodType }[]): ZodType {
  const groups = new Map<string, { segments: readonly string[]; schema: () => ZodType }[]>()
  for (const { segments, schema } of leaves) {
    const [head, ...rest] = segments
    if (head === undefined) return schema()
    groups.set(head, [...(groups.get(head) ?? []), { segments: rest, schema }])
  }
  return z.strictObject(Object.fromEntries([...groups].map(([name, below]) => [name, schemaOf(below).optional()])))
}

/** The schema of the leaves below `depth` segments of their path. */
export function schemaOfLeaves(leaves: readonly Leaf[], depth: number): ZodType {
  return schemaOf(leaves.map(({ segments, row }) => ({ segments: segments.slice(depth), schema: row.schema })))
}

/** What zod found, in this file's words, with pointers below `prefix`. */
export function problemsOf(error: ZodError, prefix: readonly string[]): Problem[] {
  return error.issues.flatMap((issue) => {
    const at = [...prefix, ...issue.path.map(String)]
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ pointer: pointer([...at, key]), title: 'Additional property is not allowed' }))
    }
    return [{ pointer: pointer(at), ...describeIssue(issue) }]
  })
}

function describeIssue(issue: ZodError['issues'][number]): { title: string; detail?: string } {
  switch (issue.code) {
    case 'invalid_type':
      return { title: 'Type of the value is wrong', detail: `The value must be ${issue.expected}` }
    case 'invalid_value':
      return { title: 'Enum conditions are not met', detail: `One of ${issue.values.map(String).join(', ')}` }
    case 'too_small':
      return { title: 'Value is too small', detail: `At least ${String(issue.minimum)}` }
    case 'too_big':
      return { title: 'Value is too large', detail: `At most ${String(issue.maximum)}` }
    case 'invalid_union':
      return { title: 'Type of the value is wrong', detail: 'A key, or a map with key and options' }
    case 'invalid_key':
      return { title: 'Name of the property is wrong' }
    case 'custom':
      return { title: issue.message }
    default:
      return { title: 'Format is wrong' }
  }
}

/** JSON pointer (RFC 6901) of a path. */
export function pointer(path: readonly string[]): string {
  return path.map((segment) => `/${segment.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** `ERR_SETTINGS_INVALID` in the layout of `FORMATS.md` 5.3. Nothing has been applied. */
export function invalid(problems: readonly Problem[]): HyraxError {
  const lines = problems.map(({ pointer: at, title, detail }) => {
    return `\t\t${at}: ${title}.${detail === undefined ? '' : ` (${detail.replace(/\.$/, '')}.)`}`
  })
  return fail('ERR_SETTINGS_INVALID', { errors: ['\tErrors:', ...lines].join('\n') })
}

/** Leaves and values of a plain document that has passed the schema. */
export function valuesOf(leaves: readonly Leaf[], depth: number, document: SettingValue): [Leaf, SettingValue][] {
  return leaves.flatMap((leaf): [Leaf, SettingValue][] => {
    let at: SettingValue | undefined = document
    for (const segment of leaf.segments.slice(depth)) {
      if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, segment)) return []
      at = at[segment]
    }
    return at === undefined ? [] : [[leaf, at]]
  })
}
