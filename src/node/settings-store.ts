import { planGuardedChange } from '../access/index.ts'
import { limits } from '../base/index.ts'
import { readTextFile, writeFileAtomic } from '../files/index.ts'
import type { Keys } from '../keys/index.ts'
import type { Caller, OperationOutput, OperationRequest } from '../operations/index.ts'
import {
  authorizedKeyEntry,
  listScopes,
  parseAuthorizedKey,
  parseAuthorizedKeyLine,
  parseSettings,
  planChange,
  printSettings,
  readScope,
  readSettings,
  scopeSchema,
  type AuthorizedKey,
  type AuthorizedKeyOptions,
  type ChangePlan,
  type Settings,
  type SettingsChange,
  type SettingsTree,
  type SettingValue,
} from '../settings/index.ts'
import type { DaemonOptions } from './options.ts'
import type { SwarmKeyFile } from './swarm-key-file.ts'

type Changed = OperationOutput<'settings.set'>
type KeyRow = OperationOutput<'keys.authorize'>['key']

export interface ChangeOptions {
  readonly dryRun: boolean
  readonly force: boolean
}

/** Told of each change after it is durable; the change is answered when all have answered. Gives notices for the person. */
export type SettingsListener = (settings: Settings, changed: readonly string[]) => Promise<string[]> | string[]

/** `settings.yaml`, live: one change at a time, durable before it is answered. */
export interface SettingsStore {
  effective(): Settings
  read(scope: string, defaults: boolean): OperationOutput<'settings.get'>
  change(change: SettingsChange, options: ChangeOptions, caller: Caller): Promise<Changed>
  /** A change the node makes by itself, at a path of our own tree. */
  setPlain(path: string, value: SettingValue): Promise<string[]>
  authorize(request: OperationRequest<'keys.authorize'>, caller: Caller): Promise<OperationOutput<'keys.authorize'>>
  deauthorize(request: OperationRequest<'keys.deauthorize'>, caller: Caller): Promise<{ key: string; removed: boolean }>
  authorizedKeys(caller: Caller): KeyRow[]
  schema(scope: string): OperationOutput<'settings.schema'>
  scopes(): OperationOutput<'settings.scopes'>['scopes']
  warnings(): string[]
  onChange(listener: SettingsListener): void
}

export interface SettingsStoreParts {
  readonly keys: Keys
  readonly now: () => number
  /** PeerId of the node: its own key may not administer it. */
  readonly ownPeer: string
  readonly swarmKey: SwarmKeyFile
}

/** Reads the file; a mistake in it fails with `ERR_SETTINGS_INVALID`, and the node does not start. */
export async function openSettingsStore(options: DaemonOptions, parts: SettingsStoreParts): Promise<SettingsStore> {
  const path = options.settingsFile ?? `${options.dataDirectory}/settings.yaml`
  const text = await readTextFile(path, { bytesMax: limits.settingsBytesMax })
  return new YamlSettings(path, parseSettings(text ?? '', { keys: parts.keys, ownPeer: parts.ownPeer }), parts, options)
}

class YamlSettings implements SettingsStore {
  readonly #path: string
  readonly #parts: SettingsStoreParts
  readonly #options: DaemonOptions
  readonly #listeners: SettingsListener[] = []
  #tree: SettingsTree
  /** Of the tree; read at every knock on a door. */
  #effective: Settings | undefined
  #queue: Promise<unknown> = Promise.resolve()

  constructor(path: string, tree: SettingsTree, parts: SettingsStoreParts, options: DaemonOptions) {
    this.#path = path
    this.#tree = tree
    this.#parts = parts
    this.#options = options
  }

  effective(): Settings {
    return (this.#effective ??= readSettings(this.#tree, this.#facts()))
  }

  read(scope: string, defaults: boolean): OperationOutput<'settings.get'> {
    return readScope(this.#tree, scope, { defaults, secrets: this.#secrets() })
  }

  change(change: SettingsChange, options: ChangeOptions, caller: Caller): Promise<Changed> {
    return this.#inTurn(() => this.#change(() => change, options, caller))
  }

  async setPlain(path: string, value: SettingValue): Promise<string[]> {
    return this.#inTurn(() => this.#apply(planChange(this.#tree, { kind: 'set', scope: path, value }, this.#facts())))
  }

  async authorize(
    request: OperationRequest<'keys.authorize'>,
    caller: Caller,
  ): Promise<OperationOutput<'keys.authorize'>> {
    const { entry, force, ...given } = request
    const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
    const key = parseAuthorizedKey(this.#parts.keys, { ...parseAuthorizedKeyLine(entry), ...options })
    let added = true
    await this.#inTurn(async () => {
      const { authorizedKeys } = this.effective().admin
      added = !authorizedKeys.some((known) => known.peer === key.peer)
      const others = authorizedKeys.filter((known) => known.peer !== key.peer)
      return this.#change(() => setKeys([...others, key]), { dryRun: false, force }, caller)
    })
    return { key: this.#row(key, caller), added }
  }

  async deauthorize(
    { key, force }: OperationRequest<'keys.deauthorize'>,
    caller: Caller,
  ): Promise<{ key: string; removed: boolean }> {
    const parsed = parseAuthorizedKey(this.#parts.keys, key)
    const removed = await this.#inTurn(async () => {
      const { authorizedKeys } = this.effective().admin
      const rest = authorizedKeys.filter((known) => known.peer !== parsed.peer)
      if (rest.length === authorizedKeys.length) return false
      await this.#change(() => setKeys(rest), { dryRun: false, force }, caller)
      return true
    })
    return { key: parsed.key, removed }
  }

  authorizedKeys(caller: Caller): KeyRow[] {
    return this.effective().admin.authorizedKeys.map((key) => this.#row(key, caller))
  }

  schema(scope: string): OperationOutput<'settings.schema'> {
    return scopeSchema(scope)
  }

  scopes(): OperationOutput<'settings.scopes'>['scopes'] {
    return listScopes()
  }

  warnings(): string[] {
    const { authorizedKeysDamaged } = this.effective().admin
    return authorizedKeysDamaged === null
      ? []
      : [`The list of authorized keys cannot be read (${authorizedKeysDamaged}): it admits nobody but the Unix socket.`]
  }

  onChange(listener: SettingsListener): void {
    this.#listeners.push(listener)
  }

  async #change(change: () => SettingsChange, options: ChangeOptions, caller: Caller): Promise<Changed> {
    const plan = planGuardedChange(this.#tree, change(), {
      ...this.#facts(),
      caller,
      now: this.#parts.now(),
      force: options.force,
    })
    const notices = options.dryRun ? [] : await this.#apply(plan)
    return {
      scope: plan.scope,
      settings: plan.settings,
      text: plan.text,
      changes: plan.changes.map(({ path, before: was, after: is }) => ({
        path,
        before: was ?? null,
        after: is ?? null,
      })),
      dryRun: options.dryRun,
      notices: [...plan.notices, ...notices],
    }
  }

  /** Durable first, then told to those whom it concerns. */
  async #apply(plan: ChangePlan): Promise<string[]> {
    const notices: string[] = []
    if (plan.swarmKey !== undefined) {
      const fingerprint = await this.#parts.swarmKey.replace(plan.swarmKey)
      notices.push(`The swarm key ${fingerprint} is used from the next start on.`)
    }
    if (plan.changes.length > 0) {
      await writeFileAtomic(this.#path, printSettings(plan.tree), { mode: 0o600, overwrite: true })
      this.#tree = plan.tree
      this.#effective = undefined
    }
    const changed = plan.changes.map(({ path }) => path)
    const settings = this.effective()
    for (const listener of this.#listeners) notices.push(...(await listener(settings, changed)))
    return notices
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(run)
    this.#queue = result.catch(() => undefined)
    return result
  }

  #facts() {
    return {
      keys: this.#parts.keys,
      ownPeer: this.#parts.ownPeer,
      allowPublishedSwarmKey: this.#options.allowPublishedSwarmKey,
      secrets: this.#secrets(),
    }
  }

  #secrets(): Map<string, string> {
    return new Map([['swarm/swarmKey', `<set ${this.#parts.swarmKey.fingerprint}>`]])
  }

  #row(key: AuthorizedKey, caller: Caller): KeyRow {
    const entry = authorizedKeyEntry(key)
    const options: Partial<AuthorizedKeyOptions> = typeof entry === 'string' ? {} : entry
    return {
      key: key.key,
      role: key.role,
      ...(options.comment === undefined ? {} : { comment: options.comment }),
      ...(options.expires === undefined ? {} : { expires: options.expires }),
      ...(options.from === undefined ? {} : { from: [...options.from] }),
      usable: key.expiresAt === undefined || this.#parts.now() < key.expiresAt,
      you: key.peer === caller.peer,
    }
  }
}

function setKeys(keys: readonly AuthorizedKey[]): SettingsChange {
  return { kind: 'set', scope: 'admin/authorizedKeys', value: keys.map(authorizedKeyEntry) }
}
