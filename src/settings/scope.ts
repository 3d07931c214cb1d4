import { fail } from '../base/index.ts'
import { openName, settingRows, type SettingRow } from './schema.ts'

/** The seed's name of the tree; everything else is ours. */
export const aliasRoot = 'com.actyx.os'
/** First-level names of our own tree. */
export const ownScopes: readonly string[] = ['general', 'swarm', 'admin', 'api', 'security', 'log']

/** One of the two shapes in which the same settings are shown: our own, or the alias's. */
export interface View {
  readonly kind: 'own' | 'alias'
  /** Rows with the path they have in this view. */
  readonly leaves: readonly Leaf[]
}
export interface Leaf {
  readonly segments: readonly string[]
  readonly row: SettingRow
}

/** What a scope names: leaves below it, or one leaf, or one name inside a leaf that is an open map. */
export interface Scope {
  /** As typed; answers repeat it. */
  readonly typed: string
  readonly view: View
  /** Without the alias's root. */
  readonly segments: readonly string[]
  /** Leaves at or below the scope. */
  readonly leaves: readonly Leaf[]
  /** Set where the scope is a leaf, or lies in one. */
  readonly leaf?: Leaf
  /** A name inside `leaf`, which is an open map. */
  readonly inner?: string
}

const ownView: View = {
  kind: 'own',
  leaves: settingRows
    .filter((row) => !row.path.startsWith(`${aliasRoot}/`))
    .map((row) => ({ segments: row.path.split('/'), row })),
}
const aliasView: View = {
  kind: 'alias',
  leaves: settingRows.flatMap((row) => (row.alias === undefined ? [] : [{ segments: row.alias.split('/'), row }])),
}

/**
 * Reads a scope: `.` or `/` is the root of our own tree, `com.actyx.os` that of the alias; a leading `/` is allowed.
 * Fails with `ERR_SETTINGS_UNKNOWN_SCOPE`: only names that the schema knows are walked, never what an object inherits.
 */
export function parseScope(typed: string): Scope {
  const unknown = (what: string) => fail('ERR_SETTINGS_UNKNOWN_SCOPE', { scope: typed, what })
  const parts = typed === '.' || typed === '/' ? [] : typed.replace(/^\//, '').split('/')
  if (parts.includes('')) throw unknown(': it contains empty parts.')
  const isAlias = parts[0] === aliasRoot
  const view = isAlias ? aliasView : ownView
  const segments = isAlias ? parts.slice(1) : parts
  const leaves = view.leaves.filter((leaf) => startsWith(leaf.segments, segments))
  if (leaves.length > 0) {
    const [only] = leaves
    const isLeaf = only?.segments.length === segments.length
    return { typed, view, segments, leaves, ...(isLeaf ? { leaf: only } : {}) }
  }
  const holder = view.leaves.find((leaf) => isOpenMap(leaf.row) && startsWith(segments, leaf.segments))
  const inner = holder === undefined ? undefined : segments[holder.segments.length]
  if (holder === undefined || inner === undefined || segments.length > holder.segments.length + 1) throw unknown('.')
  if (!openName.test(inner) || /^\d+$/.test(inner)) throw unknown('.')
  return { typed, view, segments, leaves: [holder], leaf: holder, inner }
}

/** The first-level scope around a scope, which `set` prints; of the root the root itself. */
export function enclosingScope(scope: Scope): Scope {
  const [first] = scope.segments
  const root = scope.view.kind === 'alias' ? aliasRoot : undefined
  const path = [root, first].filter((part) => part !== undefined).join('/')
  return parseScope(path === '' ? '.' : path)
}

/** True for a scope that is a secret: its value must not stand on a command line. */
export function isSecretScope(typed: string): boolean {
  return parseScope(typed).leaf?.row.secret === true
}

function isOpenMap(row: SettingRow): boolean {
  return row.type.startsWith('map')
}

function startsWith(path: readonly string[], prefix: readonly string[]): boolean {
  return prefix.every((segment, index) => path[index] === segment)
}
