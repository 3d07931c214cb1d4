import { fail } from '../base/index.ts'
import { parseSwarmKey } from '../codec/index.ts'
import { checkValue, shellHint, type CheckFacts } from './checks.ts'
import { readImport } from './import.ts'
import { settingRows, type SettingRow, type SettingValue } from './schema.ts'
import { enclosingScope, parseScope, type Leaf, type Scope } from './scope.ts'
import {
  differences,
  emptyObject,
  hasValueAt,
  innerValue,
  valueAt,
  withValues,
  type PathChange,
  type SecretTexts,
  type SettingsTree,
} from './tree.ts'
import { invalid, pointer, problemsOf, schemaOfLeaves, valuesOf, type Problem } from './validation.ts'
import { printYaml } from './yaml-text.ts'

/** What somebody wants changed. `typed` is the value's text as it stood on a command line. */
export type SettingsChange =
  | { readonly kind: 'set'; readonly scope: string; readonly value: unknown; readonly typed?: string }
  | { readonly kind: 'unset'; readonly scope: string }
  | { readonly kind: 'import'; readonly text: string }

export interface ChangeFacts extends CheckFacts {
  /** How the swarm key is shown: `<set FINGERPRINT>`, by its path; empty where there is none. */
  readonly secrets: SecretTexts
}

/** A change that has passed validation, not applied yet. */
export interface ChangePlan {
  readonly tree: SettingsTree
  /** As typed. */
  readonly scope: string
  /** The whole first-level object with its defaults, in the shape of the tree that was typed. */
  readonly settings: SettingValue
  /** The same as YAML. */
  readonly text: string
  readonly changes: readonly PathChange[]
  /** A new swarm key, to be written to its own file; it is in no other member. */
  readonly swarmKey?: Uint8Array
  readonly notices: readonly string[]
}

const swarmKeyPath = 'swarm/swarmKey'

/**
 * Validates a change and works out what it comes to; nothing is applied. Fails with `ERR_SETTINGS_UNKNOWN_SCOPE`,
 * `ERR_SETTINGS_INVALID`, `ERR_SETTINGS_INVALID_AT_SCOPE`, `ERR_SETTINGS_NOT_FOUND_AT_SCOPE` or `ERR_KEYS_SECRET`.
 */
export function planChange(tree: SettingsTree, change: SettingsChange, facts: ChangeFacts): ChangePlan {
  switch (change.kind) {
    case 'set':
      return planSet(tree, change, facts)
    case 'unset':
      return planUnset(tree, change.scope, facts)
    case 'import':
      return planImport(tree, change.text, facts)
  }
}

function planSet(tree: SettingsTree, change: SettingsChange & { kind: 'set' }, facts: ChangeFacts): ChangePlan {
  const scope = parseScope(change.scope)
  const value = scope.inner === undefined ? asTyped(scope, change) : withInner(tree, scope, change.value)
  const depth = scope.leaf?.segments.length ?? scope.segments.length
  const given = readValues(scope.leaves, depth, value, facts, change.scope)
  // What the new object does not name goes back to its default; a secret is a file and stays.
  const cleared = scope.leaves
    .filter(({ row }) => !given.values.has(row.path) && row.secret !== true)
    .map(({ row }): [string, undefined] => [row.path, undefined])
  const next = withValues(tree, new Map<string, SettingValue | undefined>([...cleared, ...given.values]))
  return finish(tree, next, scope, facts, given.swarmKey, [])
}

function planUnset(tree: SettingsTree, typed: string, facts: ChangeFacts): ChangePlan {
  const scope = parseScope(typed)
  if (scope.leaf?.row.secret === true) {
    throw fail('ERR_SETTINGS_INVALID_AT_SCOPE', {
      scope: typed,
      what: 'a swarm key can be replaced, not removed',
      hint: `ax settings set ${typed} @FILE`,
    })
  }
  if (!hasValueAt(tree, scope)) throw fail('ERR_SETTINGS_NOT_FOUND_AT_SCOPE', { scope: typed })
  const values = new Map(scope.leaves.map(({ row }): [string, SettingValue | undefined] => [row.path, undefined]))
  if (scope.inner !== undefined && scope.leaf !== undefined) {
    const { path } = scope.leaf.row
    values.set(path, withoutName(tree.get(path), scope.inner))
  }
  const keepsKey = scope.leaves.some(({ row }) => row.secret === true) && facts.secrets.has(swarmKeyPath)
  return finish(tree, withValues(tree, values), scope, facts, undefined, keepsKey ? ['The swarm key was kept.'] : [])
}

function planImport(tree: SettingsTree, text: string, facts: ChangeFacts): ChangePlan {
  const { documents, notices } = readImport(text)
  let next = tree
  let swarmKey: Uint8Array | undefined
  for (const { scope, value } of documents) {
    const given = readValues(scope.leaves, scope.segments.length, value, facts, scope.typed)
    swarmKey ??= given.swarmKey
    next = withValues(next, given.values)
  }
  return finish(tree, next, parseScope('.'), facts, swarmKey, notices)
}

interface Given {
  readonly values: ReadonlyMap<string, SettingValue>
  readonly swarmKey: Uint8Array | undefined
}

/** Schema, then checks; every problem at once. */
function readValues(leaves: readonly Leaf[], depth: number, value: unknown, facts: ChangeFacts, typed: string): Given {
  const [only] = leaves
  const prefix = only?.segments.slice(0, depth) ?? []
  const result = schemaOfLeaves(leaves, depth).safeParse(value)
  if (!result.success) throw refuseForm(leaves, depth, problemsOf(result.error, prefix), typed)
  const values = new Map<string, SettingValue>()
  const problems: Problem[] = []
  let swarmKey: Uint8Array | undefined
  for (const [leaf, given] of valuesOf(leaves, depth, result.data as SettingValue)) {
    const checked = checkValue(leaf.row, given, facts, typed)
    problems.push(...checked.problems.map((problem) => ({ pointer: pointer(leaf.segments), ...problem })))
    if (checked.problems.length > 0) continue
    if (leaf.row.secret === true) swarmKey = parseSwarmKey(given as string)
    else values.set(leaf.row.path, checked.value)
  }
  if (problems.length > 0) throw invalid(problems)
  return { values, swarmKey }
}

/** What is no list of keys at all is most often a shell's doing. */
function refuseForm(leaves: readonly Leaf[], depth: number, problems: readonly Problem[], typed: string) {
  const [only] = leaves
  if (leaves.length === 1 && only?.segments.length === depth && only.row.check === 'authorizedKeys') {
    const [first] = problems
    const what = `the value is no list of keys: ${first?.detail ?? first?.title ?? 'it cannot be read'}`
    return fail('ERR_SETTINGS_INVALID_AT_SCOPE', { scope: typed, what, hint: shellHint })
  }
  return invalid(problems)
}

/** Where the schema wants text and YAML read something else, the characters as typed count. */
function asTyped(scope: Scope, { value, typed }: SettingsChange & { kind: 'set' }): unknown {
  const wantsText = scope.leaf?.row.text === true
  return wantsText && typeof value !== 'string' && typed !== undefined ? typed : value
}

function withInner(tree: SettingsTree, scope: Scope, value: unknown): unknown {
  const row = scope.leaf?.row as SettingRow
  const current = tree.get(row.path) ?? row.fallback
  return Object.assign(emptyObject(), current, { [scope.inner ?? '']: value })
}

function withoutName(value: SettingValue | undefined, name: string): SettingValue | undefined {
  if (innerValue(value, name) === undefined) return value
  const rest = Object.entries(value as Record<string, SettingValue>).filter(([key]) => key !== name)
  return rest.length === 0 ? undefined : Object.assign(emptyObject(), Object.fromEntries(rest))
}

function finish(
  before: SettingsTree,
  tree: SettingsTree,
  scope: Scope,
  facts: ChangeFacts,
  swarmKey: Uint8Array | undefined,
  notices: readonly string[],
): ChangePlan {
  const changes = differences(before, tree)
  const settings = valueAt(tree, enclosingScope(scope), { defaults: true, secrets: facts.secrets }) ?? null
  return {
    tree,
    scope: scope.typed,
    settings,
    text: printYaml(settings),
    changes,
    ...(swarmKey === undefined ? {} : { swarmKey }),
    notices: [...notices, ...effectNotices(changes.map(({ path }) => path))],
  }
}

/** What does not happen at once, said where the change is made. */
function effectNotices(paths: readonly string[]): string[] {
  const rows = settingRows.filter(({ path }) => paths.includes(path))
  const pathsOf = (effect: SettingRow['effect']): string =>
    rows.flatMap((row) => (row.effect === effect ? [row.path] : [])).join(', ')
  const [later, idle] = [pathsOf('at the next start'), pathsOf('none')]
  return [
    ...(later === '' ? [] : [`Takes effect at the next start: ${later}.`]),
    ...(idle === '' ? [] : [`Kept as given, without effect here: ${idle}.`]),
  ]
}
