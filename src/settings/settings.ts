import * as z from 'zod'
import { asHyraxError, bug, fail } from '../base/index.ts'
import type { AuthorizedKey } from './authorized-key.ts'
import { checkValue, readAuthorizedKeys, type CheckFacts } from './checks.ts'
import { settingRows, type SettingRow, type SettingValue } from './schema.ts'
import { aliasRoot, parseScope, type Leaf } from './scope.ts'
import { documentOf, valueAt, valueOrDefault, type SecretTexts, type SettingsTree } from './tree.ts'
import { invalid, pointer, problemsOf, schemaOfLeaves, valuesOf, type Problem } from './validation.ts'
import { parseYaml, printYaml } from './yaml-text.ts'

/** Settings as the node uses them: typed, defaults filled. */
export interface Settings {
  readonly general: { readonly displayName: string }
  readonly swarm: {
    readonly bootstrapNodes: readonly string[]
    readonly announceAddresses: readonly string[]
    readonly permissioned: boolean
    readonly governingTeam: string | null
    readonly exemptSources: readonly string[]
  }
  readonly admin: {
    /** Decoded; empty while `authorizedKeysDamaged` says why. */
    readonly authorizedKeys: readonly AuthorizedKey[]
    /** Set where the stored list has a bad entry: it admits nobody but the Unix socket. */
    readonly authorizedKeysDamaged: string | null
    readonly requireAuthentication: boolean
    readonly allowRemoteUnauthenticated: boolean
  }
  readonly api: { readonly enabled: boolean }
  /** `rotationInterval` in seconds; 0: by hand. */
  readonly security: { readonly keys: { readonly rotationInterval: number } }
  readonly log: { readonly level: string; readonly appLevel: string }
}

const authorizedKeysPath = 'admin/authorizedKeys'
const allLeaves: readonly Leaf[] = settingRows.map((row) => ({ segments: row.path.split('/'), row }))

/**
 * Reads the text of `settings.yaml`. Fails with `ERR_SETTINGS_INVALID`, also where it is no YAML: a file with a mistake is
 * refused whole, but for the list of authorized keys, which is kept as it stands and admits nobody (`readSettings`).
 */
export function parseSettings(text: string, facts: CheckFacts): SettingsTree {
  const document = readDocument(text) ?? {}
  const leaves = allLeaves.map((leaf) => (leaf.row.path === authorizedKeysPath ? lenient(leaf) : leaf))
  const result = schemaOfLeaves(leaves, 0).safeParse(document)
  if (!result.success) throw invalid(problemsOf(result.error, []))
  const tree = new Map<string, SettingValue>()
  const problems: Problem[] = []
  for (const [{ row, segments }, value] of valuesOf(allLeaves, 0, result.data as SettingValue)) {
    if (row.secret === true)
      problems.push({ pointer: pointer(segments), title: 'Format is wrong', detail: secretPlace })
    const checked = row.path === authorizedKeysPath ? checkKeys(row, value, facts) : checkValue(row, value, facts, '')
    problems.push(...checked.problems.map((problem) => ({ pointer: pointer(segments), ...problem })))
    tree.set(row.path, checked.value)
  }
  if (problems.length > 0) throw invalid(problems)
  return tree
}

function readDocument(text: string): SettingValue {
  try {
    return parseYaml(text, 'settings.yaml')
  } catch (error) {
    const what = String(asHyraxError(error).data['what'])
    throw invalid([{ pointer: '/', title: 'It cannot be read as YAML', detail: what }])
  }
}

const secretPlace = 'The swarm key stands in the file swarm.key, not here'

/** The text of `settings.yaml` for a tree: only what was set. */
export function printSettings(tree: SettingsTree): string {
  return tree.size === 0 ? '' : printYaml(documentOf(tree))
}

/** Value and YAML at a scope. Fails with `ERR_SETTINGS_UNKNOWN_SCOPE` or `ERR_SETTINGS_NOT_FOUND_AT_SCOPE`. */
export function readScope(
  tree: SettingsTree,
  typed: string,
  options: { readonly defaults: boolean; readonly secrets: SecretTexts },
): { scope: string; settings: SettingValue; text: string } {
  const settings = valueAt(tree, parseScope(typed), options)
  if (settings === undefined) throw fail('ERR_SETTINGS_NOT_FOUND_AT_SCOPE', { scope: typed })
  return { scope: typed, settings, text: printYaml(settings) }
}

/** Settings as the node uses them. */
export function readSettings(tree: SettingsTree, facts: CheckFacts): Settings {
  const text = (path: string): string => valueOf(tree, path) as string
  const list = (path: string): readonly string[] => valueOf(tree, path) as string[]
  const flag = (path: string): boolean => valueOf(tree, path) as boolean
  const { keys, damaged } = decodeKeys(valueOf(tree, authorizedKeysPath), facts)
  return {
    general: { displayName: text('general/displayName') },
    swarm: {
      bootstrapNodes: list('swarm/bootstrapNodes'),
      announceAddresses: list('swarm/announceAddresses'),
      permissioned: flag('swarm/permissioned'),
      governingTeam: (tree.get('swarm/governingTeam') as string | undefined) ?? null,
      exemptSources: list('swarm/exemptSources'),
    },
    admin: {
      authorizedKeys: keys,
      authorizedKeysDamaged: damaged,
      requireAuthentication: flag('admin/requireAuthentication'),
      allowRemoteUnauthenticated: flag('admin/allowRemoteUnauthenticated'),
    },
    api: { enabled: flag('api/enabled') },
    security: { keys: { rotationInterval: valueOf(tree, 'security/keys/rotationInterval') as number } },
    log: { level: text('log/level'), appLevel: text('log/appLevel') },
  }
}

/** Every scope of our own tree, then the alias's, for `ax settings scopes` and the reference page. */
export function listScopes(): {
  scope: string
  type: string
  default: SettingValue
  summary: string
  effect: string
}[] {
  const entry = (scope: string, { type, fallback, summary, effect }: SettingRow) => ({
    scope,
    type,
    default: fallback ?? null,
    summary,
    effect,
  })
  const own = settingRows.filter((row) => !row.path.startsWith(`${aliasRoot}/`))
  return [
    ...own.map((row) => entry(row.path, row)),
    ...settingRows.flatMap((row) => (row.alias === undefined ? [] : [entry(`${aliasRoot}/${row.alias}`, row)])),
  ]
}

/** JSON Schema, draft 2020-12, of the value at a scope. Fails with `ERR_SETTINGS_UNKNOWN_SCOPE`. */
export function scopeSchema(typed: string): { scope: string; schema: Record<string, unknown> } {
  const scope = parseScope(typed)
  const schema = schemaOfLeaves(scope.leaves, scope.leaf?.segments.length ?? scope.segments.length)
  return { scope: typed, schema: z.toJSONSchema(schema) }
}

function valueOf(tree: SettingsTree, path: string): SettingValue {
  const row = settingRows.find((known) => known.path === path)
  if (row === undefined) throw bug(`no setting ${path}`)
  return valueOrDefault(tree, row)
}

function decodeKeys(stored: SettingValue, facts: CheckFacts): { keys: AuthorizedKey[]; damaged: string | null } {
  try {
    if (!Array.isArray(stored)) throw fail('ERR_INVALID_INPUT', { what: 'it is no list' })
    return { keys: readAuthorizedKeys(stored, facts, authorizedKeysPath), damaged: null }
  } catch (thrown) {
    return { keys: [], damaged: asHyraxError(thrown).message }
  }
}

/** The list in its normal form, or, where it is damaged, as it stands: nothing that people wrote is dropped. */
function checkKeys(row: SettingRow, value: SettingValue, facts: CheckFacts) {
  try {
    return checkValue(row, value, facts, authorizedKeysPath)
  } catch {
    return { value, problems: [] }
  }
}

function lenient(leaf: Leaf): Leaf {
  return { ...leaf, row: { ...leaf.row, schema: () => z.unknown() } }
}
