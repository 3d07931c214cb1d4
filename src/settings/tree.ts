import type { SettingRow, SettingValue } from './schema.ts'
import { settingRows } from './schema.ts'
import type { Leaf, Scope } from './scope.ts'

/**
 * The settings that were set: path of the own tree to value. Flat, so that no name in it can reach a prototype.
 * Values are normalised; defaults are not in it.
 */
export type SettingsTree = ReadonlyMap<string, SettingValue>

/** Maps of names that people chose: without a prototype. */
export type SettingsObject = { [name: string]: SettingValue }

export function emptyObject(): SettingsObject {
  return Object.create(null) as SettingsObject
}

/** How a value is shown: secrets are texts such as `<set …>` that the caller supplies by path. */
export type SecretTexts = ReadonlyMap<string, string>

/** The value at a scope as plain data; undefined where nothing is set there (and nothing has a default). */
export function valueAt(
  tree: SettingsTree,
  scope: Scope,
  { defaults, secrets }: { defaults: boolean; secrets: SecretTexts },
): SettingValue | undefined {
  const valueOf = ({ row }: Leaf): SettingValue | undefined => {
    if (row.secret === true) return defaults || secretIsSet(secrets, row) ? secretText(secrets, row) : undefined
    return tree.has(row.path) ? tree.get(row.path) : defaults ? row.fallback : undefined
  }
  if (scope.leaf !== undefined) {
    const value = valueOf(scope.leaf)
    return scope.inner === undefined ? value : innerValue(value, scope.inner)
  }
  const root = emptyObject()
  let found = false
  for (const leaf of scope.leaves) {
    const value = valueOf(leaf)
    if (value === undefined) continue
    found = true
    place(root, leaf.segments.slice(scope.segments.length), value)
  }
  return found || defaults || scope.segments.length === 0 ? root : undefined
}

/** True where anything at or below the scope has been set. */
export function hasValueAt(tree: SettingsTree, scope: Scope): boolean {
  if (scope.inner !== undefined) return innerValue(tree.get(scope.leaf?.row.path ?? ''), scope.inner) !== undefined
  return scope.leaves.some(({ row }) => tree.has(row.path))
}

/** The tree with these paths set (value) or unset (undefined). */
export function withValues(tree: SettingsTree, values: ReadonlyMap<string, SettingValue | undefined>): SettingsTree {
  const next = new Map(tree)
  for (const [path, value] of values) {
    if (value === undefined) next.delete(path)
    else next.set(path, value)
  }
  return next
}

/** The whole tree as the document that `settings.yaml` holds. */
export function documentOf(tree: SettingsTree): SettingsObject {
  const root = emptyObject()
  for (const { path } of settingRows) {
    const value = tree.get(path)
    if (value !== undefined) place(root, path.split('/'), value)
  }
  return root
}

/** One path whose value differs. */
export interface PathChange {
  readonly path: string
  readonly before: SettingValue
  readonly after: SettingValue
}

/** Paths whose value, defaults included, differs between two trees. */
export function differences(before: SettingsTree, after: SettingsTree): PathChange[] {
  return settingRows
    .filter((row) => row.secret !== true)
    .map((row) => ({ path: row.path, before: valueOrDefault(before, row), after: valueOrDefault(after, row) }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after))
}

/** What was set, be it null in a damaged file, else the default, else null. */
export function valueOrDefault(tree: SettingsTree, row: SettingRow): SettingValue {
  const value = tree.has(row.path) ? tree.get(row.path) : row.fallback
  return value ?? null
}

/** A member of a value that is a map; own members only. */
export function innerValue(value: SettingValue | undefined, name: string): SettingValue | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return Object.hasOwn(value, name) ? value[name] : undefined
}

function place(root: SettingsObject, path: readonly string[], value: SettingValue): void {
  let at = root
  for (const [index, segment] of path.entries()) {
    if (index === path.length - 1) at[segment] = value
    else at = (at[segment] ??= emptyObject()) as SettingsObject
  }
}

function secretIsSet(secrets: SecretTexts, row: SettingRow): boolean {
  return secrets.has(row.path)
}

function secretText(secrets: SecretTexts, row: SettingRow): string {
  return secrets.get(row.path) ?? '<unset>'
}
