import * as z from 'zod'
import type { ZodType } from 'zod'
import { limits } from '../base/index.ts'

export type SettingValue = null | boolean | number | string | SettingValue[] | { [name: string]: SettingValue }

/** Names of the checks that a JSON Schema cannot express; done after the schema has passed (`checks.ts`). */
export type CheckName =
  'name' | 'addressesWithPeer' | 'addressesWithoutPeer' | 'ranges' | 'team' | 'authorizedKeys' | 'swarmKey'

export interface SettingRow {
  /** `scope/path` of our own tree; rows of the alias that have no counterpart live under `com.actyx.os`. */
  readonly path: string
  /** Path under `com.actyx.os` (`FORMATS.md` 5.2). */
  readonly alias?: string
  readonly type: string
  /** One line of help. */
  readonly summary: string
  /** When a change takes effect. */
  readonly effect: 'at once' | 'at the next start' | 'none'
  readonly schema: () => ZodType
  /** Absent: there is no default, and the path is not shown until it is set. */
  readonly fallback?: SettingValue
  readonly check?: CheckName
  /** True: kept in a file of its own, shown as a fingerprint. */
  readonly secret?: boolean
  /** True: a text; where YAML reads something else, the characters as typed count. */
  readonly text?: boolean
}

/** A hundred years. */
const secondsMax = 3_155_760_000

const anyText = () => z.string().min(1)
const uniqueTexts = () =>
  z
    .array(z.string())
    .refine((list) => new Set(list).size === list.length, { message: 'Items are not unique' })
    .meta({ uniqueItems: true })
const level = () => z.enum(['TRACE', 'DEBUG', 'WARN', 'INFO', 'ERROR', 'FATAL'])
const authorizedKey = () =>
  z.union([
    anyText(),
    z.strictObject({
      key: anyText(),
      comment: z.string().optional(),
      expires: anyText().optional(),
      from: z.array(anyText()).min(1).max(limits.authorizedFromMax).optional(),
      role: z.enum(['admin', 'editor', 'reader']).optional(),
    }),
  ])
/** Names in maps that the schema leaves open. */
export const openName = /^(?!__proto__$|constructor$|prototype$|[-.]+$)[A-Za-z0-9._-]{1,64}$/
const openMap = () => z.record(z.string().regex(openName), z.unknown())

/** THE table of settings; `docs/reference/settings.md`, defaults, scopes and schemas come from it. */
export const settingRows: readonly SettingRow[] = [
  {
    path: 'general/displayName',
    alias: 'general/displayName',
    type: 'text',
    summary: 'The name other nodes and people see.',
    effect: 'at once',
    schema: anyText,
    fallback: 'Default Node',
    check: 'name',
    text: true,
  },
  {
    path: 'swarm/swarmKey',
    alias: 'general/swarmKey',
    type: 'swarm key',
    summary: 'Who has it can reach the swarm. Kept in the file swarm.key; made at the first start.',
    effect: 'at the next start',
    schema: anyText,
    check: 'swarmKey',
    secret: true,
    text: true,
  },
  {
    path: 'swarm/bootstrapNodes',
    alias: 'general/bootstrapNodes',
    type: 'list of multiaddrs with peer id',
    summary: 'Nodes through which this one finds the swarm.',
    effect: 'at once',
    schema: uniqueTexts,
    fallback: [],
    check: 'addressesWithPeer',
  },
  {
    path: 'swarm/announceAddresses',
    alias: 'general/announceAddresses',
    type: 'list of multiaddrs without peer id',
    summary: 'Addresses told to others in place of those listened on.',
    effect: 'at the next start',
    schema: uniqueTexts,
    fallback: [],
    check: 'addressesWithoutPeer',
  },
  {
    path: 'swarm/permissioned',
    type: 'boolean',
    summary: 'Only peers on permissioned-nodes.json may connect and be dialled.',
    effect: 'at once',
    schema: z.boolean,
    fallback: false,
  },
  {
    path: 'swarm/governingTeam',
    type: 'team id',
    summary: 'The team whose node list counts beside the file, and whose removals bar.',
    effect: 'at once',
    schema: anyText,
    check: 'team',
    text: true,
  },
  {
    path: 'swarm/exemptSources',
    type: 'list of CIDRs',
    summary: 'Source ranges that the limits per address leave alone.',
    effect: 'at the next start',
    schema: uniqueTexts,
    fallback: [],
    check: 'ranges',
  },
  {
    path: 'admin/authorizedKeys',
    alias: 'general/authorizedKeys',
    type: 'list of public keys',
    summary: 'Keys that may administer this node, bare or with comment, expires, from and role.',
    effect: 'at once',
    schema: () => z.array(authorizedKey()).max(limits.authorizedKeysMax),
    fallback: [],
    check: 'authorizedKeys',
  },
  {
    path: 'admin/requireAuthentication',
    alias: 'general/requireAuthentication',
    type: 'boolean',
    summary: 'Every door asks for an authorized key; the HTTP API closes.',
    effect: 'at once',
    schema: z.boolean,
    fallback: false,
  },
  {
    path: 'admin/allowRemoteUnauthenticated',
    type: 'boolean',
    summary: 'Without required authentication, anybody who reaches port 4458 may administer. For closed test networks.',
    effect: 'at once',
    schema: z.boolean,
    fallback: false,
  },
  {
    path: 'api/enabled',
    type: 'boolean',
    summary: 'The HTTP API on loopback. It knows an address, not a user.',
    effect: 'at the next start',
    schema: z.boolean,
    fallback: true,
  },
  {
    path: 'security/keys/rotationInterval',
    type: 'seconds',
    summary: 'How often this device makes new signing and encryption keys for its teams by itself; 0: only by hand.',
    effect: 'at once',
    schema: () => z.number().int().min(0).max(secondsMax),
    fallback: 0,
  },
  {
    path: 'log/level',
    alias: 'general/logLevels/os',
    type: 'level',
    summary: 'From which level on the daemon logs.',
    effect: 'at once',
    schema: level,
    fallback: 'INFO',
    text: true,
  },
  {
    path: 'log/appLevel',
    alias: 'general/logLevels/apps',
    type: 'level',
    summary: 'The same for the modules it hosts.',
    effect: 'none',
    schema: level,
    fallback: 'INFO',
    text: true,
  },
  ...keptRows(),
]

/** Rows of the alias that have no meaning here: kept as given, without effect. */
function keptRows(): SettingRow[] {
  const kept = (alias: string, type: string, schema: () => ZodType, fallback?: SettingValue): SettingRow => ({
    path: `com.actyx.os/${alias}`,
    alias,
    type,
    summary: 'Kept as given; it has no effect here.',
    effect: 'none',
    schema,
    ...(fallback === undefined ? {} : { fallback }),
    text: type === 'text',
  })
  return [
    kept('licensing/os', 'text', z.string, 'development'),
    kept('licensing/apps', 'map of texts', () => z.record(z.string().regex(openName), z.string()), {}),
    kept('services/eventService/topic', 'text', anyText, 'default-topic'),
    kept('services/eventService/readOnly', 'boolean', z.boolean, false),
    kept('services/eventService/_internal', 'map', openMap),
    kept('services/consoleService', 'map', () => z.strictObject({})),
    kept('services/dockerRuntime', 'map', () => z.strictObject({})),
    kept('services/webViewRuntime', 'map', () => z.strictObject({})),
  ]
}
