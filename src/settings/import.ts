import { fail } from '../base/index.ts'
import { printable } from '../codec/index.ts'
import type { SettingValue } from './schema.ts'
import { aliasRoot, ownScopes, parseScope, type Scope } from './scope.ts'
import { emptyObject, innerValue, type SettingsObject } from './tree.ts'
import { parseYaml } from './yaml-text.ts'

/** Parts of a foreign document, each at the scope whose schema it must pass. */
export interface Import {
  readonly documents: readonly { readonly scope: Scope; readonly value: SettingValue }[]
  readonly notices: readonly string[]
}

/** Paths of `com.actyx` as the current ax of that family writes them, and where they go here. */
const familyPaths: readonly [from: string, to: string][] = [
  ['swarm/swarmKey', 'swarm/swarmKey'],
  ['swarm/initialPeers', 'swarm/bootstrapNodes'],
  ['swarm/announceAddresses', 'swarm/announceAddresses'],
  ['admin/displayName', 'general/displayName'],
  ['admin/logLevels/node', 'log/level'],
  ['admin/authorizedUsers', 'admin/authorizedKeys'],
]
const familyRoot = 'com.actyx'

/**
 * Reads a settings document: our own scopes, `com.actyx.os` of the seed, and `com.actyx` of its successors (only here).
 * What it names replaces what was set, the rest stays. Fails with `ERR_INVALID_INPUT` or `ERR_SETTINGS_UNKNOWN_SCOPE`.
 */
export function readImport(text: string): Import {
  const document = parseYaml(text, 'The settings document')
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw fail('ERR_INVALID_INPUT', { what: 'the settings document is no map of scopes' })
  }
  const own = emptyObject()
  const documents: { scope: Scope; value: SettingValue }[] = []
  const notices: string[] = []
  for (const [name, value] of Object.entries(document)) {
    if (ownScopes.includes(name)) own[name] = value
    else if (name === aliasRoot) documents.push({ scope: parseScope(aliasRoot), value })
    else if (name === familyRoot) documents.push({ scope: parseScope('.'), value: translate(value, notices) })
    else throw fail('ERR_SETTINGS_UNKNOWN_SCOPE', { scope: printable(name, 80), what: '.' })
  }
  return { documents: [{ scope: parseScope('.'), value: own }, ...documents], notices }
}

function translate(document: SettingValue, notices: string[]): SettingValue {
  const own = emptyObject()
  for (const [from, to] of familyPaths) {
    const value = from.split('/').reduce<SettingValue | undefined>(innerValue, document)
    const [scope = '', name = ''] = to.split('/')
    if (value !== undefined) ((own[scope] ??= emptyObject()) as SettingsObject)[name] = value
  }
  const known = new Set(familyPaths.map(([from]) => from))
  const left = pathsOf(document, '').filter((path) => !known.has(path))
  if (left.length > 0)
    notices.push(`Not taken over from com.actyx: ${left.map((path) => printable(path, 80)).join(', ')}.`)
  return own
}

function pathsOf(value: SettingValue, at: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [at]
  return Object.entries(value).flatMap(([name, inner]) => pathsOf(inner, at === '' ? name : `${at}/${name}`))
}
