import { decodeCbor, encodeCbor, isCborMap, toHex } from '../../codec/index.ts'
import type { Randomness } from '../../base/index.ts'
import type { Keys } from '../../keys/index.ts'
import type { Store } from '../../store/index.ts'
import type { Member, Replica } from '../../team/index.ts'
import type { EpochSecrets } from './epoch-secrets.ts'

/**
 * Whom the operator of this node chose to give earlier epochs (`all`): devices that it added, and those that join by invites
 * it made. A choice of this node, on its disk and not on the graph; it gives what it can read itself, when they meet.
 */
export class EpochGrants {
  readonly #meta: Store['meta']
  /** By name of the record: the generation of a device, 0 for an invite. */
  readonly #granted = new Map<string, number>()

  constructor({ store }: { readonly store: Pick<Store, 'meta'> }) {
    this.#meta = store.meta
  }

  /** Reads the choices from the disk; called once. */
  async load(): Promise<void> {
    for (const [name, value] of await this.#meta.list(prefix)) {
      const record = decodeCbor(value)
      if (isCborMap(record) && typeof record['gen'] === 'number') this.#granted.set(name, record['gen'])
    }
  }

  /** A device in its present generation: one that comes back later is another choice. */
  toDevice(team: Uint8Array, { deviceHex, generation }: Member): Promise<void> {
    return this.#put(`${of(team)}device/${deviceHex}`, generation)
  }

  toInvite(team: Uint8Array, invite: Uint8Array): Promise<void> {
    return this.#put(`${of(team)}invite/${toHex(invite)}`, 0)
  }

  has({ state, graph }: Replica, { deviceHex, generation, admitted }: Member): boolean {
    if (this.#granted.get(`${of(state.team)}device/${deviceHex}`) === generation) return true
    const act = graph.get(admitted.idHex)?.act
    return act?.kind === 'AdmitDevice' && this.#granted.has(`${of(state.team)}invite/${toHex(act.body.invite)}`)
  }

  /** The team is not kept any more. */
  async forget(team: Uint8Array): Promise<void> {
    for (const name of [...this.#granted.keys()].filter((known) => known.startsWith(of(team)))) {
      this.#granted.delete(name)
      await this.#meta.del(name)
    }
  }

  async #put(name: string, gen: number): Promise<void> {
    await this.#meta.put(name, encodeCbor({ v: 1, gen }))
    this.#granted.set(name, gen)
  }
}

export interface GivingParts {
  readonly grants: EpochGrants
  readonly keys: Pick<Keys, 'sealTo' | 'memzero'>
  readonly random: Randomness
}

/** For whom it was chosen, and for nobody else: a box of that epoch, if it is open here. */
export function boxToGive(
  { grants, keys, random }: GivingParts,
  { replica, secrets }: { readonly replica: Replica; readonly secrets: EpochSecrets },
  { device, epoch }: { readonly device: Uint8Array; readonly epoch: Uint8Array },
): Uint8Array | null {
  const member = replica.state.members.get(toHex(device))
  const key = member !== undefined && grants.has(replica, member) ? member.encryption.at(-1) : undefined
  const secret = key && secrets.get(epoch)
  if (key === undefined || secret === undefined) return null
  const box = keys.sealTo(key, secret, random)
  keys.memzero(secret)
  return box
}

const prefix = 'epochs-for/'

function of(team: Uint8Array): string {
  return `${prefix}${toHex(team)}/`
}
