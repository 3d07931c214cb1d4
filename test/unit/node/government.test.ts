import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { TeamFacts } from '../../../src/access/index.ts'
import { silentLog } from '../../../src/base/index.ts'
import { fromHex, idText } from '../../../src/codec/index.ts'
import { generateSwarmKey, openKeys, swarmKeyFingerprint, systemRandom, type Keys } from '../../../src/keys/index.ts'
import { createGovernment, type Government } from '../../../src/node/government.ts'
import { openSwarmKeyFile, type SwarmKeyFile } from '../../../src/node/swarm-key-file.ts'
import { sealSwarmKey, type Replica } from '../../../src/team/index.ts'
import { createNodeFiles, type NodeFiles } from '../../helpers/node-files.ts'
import { bytesOf, Desk } from '../../helpers/team-desk.ts'

let keys: Keys
let files: NodeFiles
let swarmKey: SwarmKeyFile
let desk: Desk
let government: Government
/** What the gate and the wire were told last. */
let facts: TeamFacts | null | undefined
let onWire: string[]
let remembered: string[]
/** What whoever watches was told. */
let told: unknown[]
/** Whom the gate cuts when it is told next. */
let gateCuts: string[]
/** Epochs that this node has the secret of. */
let secrets: Map<string, Uint8Array>
let governing: string | null
let isKept: boolean

const epoch = bytesOf('epoch')
const secret = bytesOf('secret')
const fingerprints = (list: readonly Uint8Array[]): string[] => list.map(swarmKeyFingerprint)

beforeAll(async () => {
  keys = await openKeys()
})
beforeEach(async () => {
  files = createNodeFiles()
  swarmKey = await openSwarmKeyFile(files.options, { random: systemRandom, say: () => undefined, log: silentLog })
  desk = new Desk()
  desk.does('O', { kind: 'RotateKey', epoch, boxesHash: bytesOf('boxes') })
  ;[facts, onWire, remembered, isKept] = [undefined, fingerprints(swarmKey.keys), [], true]
  ;[told, gateCuts] = [[], []]
  secrets = new Map([[idText('cmd', epoch), secret]])
  governing = idText('team', desk.state.team)
  government = govern(swarmKey)
})
afterEach(() => {
  files.remove()
})

function govern(keyFile: SwarmKeyFile): Government {
  const turn = (list: readonly Uint8Array[]): { cut: string[]; ms: number } => {
    const cut = onWire.filter((fingerprint) => !fingerprints(list).includes(fingerprint))
    onWire = fingerprints(list)
    return { cut, ms: 1 }
  }
  return createGovernment({
    keys,
    log: silentLog,
    events: { emit: (topic, event, data) => told.push([topic, event, data]) },
    settings: { effective: () => ({ swarm: { governingTeam: governing } }) as never },
    lists: {
      onGovernment: (next) => {
        facts = next
        return { peers: gateCuts, ms: 2.345 }
      },
    },
    swarmKey: keyFile,
    swarm: () => ({
      setKeys: turn,
      turnKeys: (list) => Promise.resolve(turn(list)),
      remember: (peer) => remembered.push(peer),
    }),
    replicaOf: () => (isKept ? ({ isSynced: true, state: desk.state } as unknown as Replica) : undefined),
    epochSecret: (_, id) => secrets.get(idText('cmd', id))?.slice(),
  })
}

/** The team has this key from now on. */
function announce(key: Uint8Array, fingerprint = fromHex(swarmKeyFingerprint(key))): void {
  const at = { team: desk.state.team, secret, fingerprint }
  const sealed = sealSwarmKey(keys, at, key, systemRandom)
  expect(desk.does('O', { kind: 'RotateSwarmKey', fingerprint, epoch, sealed })).toBe('ok')
}

function retire(key: Uint8Array): void {
  expect(desk.does('O', { kind: 'RetireSwarmKey', fingerprint: fromHex(swarmKeyFingerprint(key)) })).toBe('ok')
}

async function applied(): Promise<string[]> {
  government.apply()
  await government.settled()
  expect(onWire).toEqual(fingerprints(swarmKey.keys))
  return onWire
}

const fresh = () => generateSwarmKey(systemRandom)

describe('the list of the team that governs', () => {
  it('goes to the gate, and its addresses to the dialer; without a team there is none', () => {
    const [a, b] = [desk.sitter('a').peer, desk.sitter('b').peer]
    desk.does('O', { kind: 'AddNode', peer: a, addrs: ['/ip4/10.0.0.1/tcp/4001'] })
    desk.does('O', { kind: 'RemoveNode', peer: b })
    government.apply()
    expect(facts).toEqual({ listed: new Set([a]), removed: new Set([b]) })
    expect(remembered).toEqual([a])
    // What changes no list troubles nobody.
    facts = undefined
    desk.seat('user', 'user')
    government.apply()
    expect([facts, remembered]).toEqual([undefined, [a]])
    expect(government.view()).toMatchObject({ name: 'herd', state: 'open', listed: 1, removed: 1 })
    expect(government.warnings()).toEqual([])
    governing = null
    government.apply()
    expect([facts, government.view()]).toEqual([null, null])
  })

  it('tells whoever watches whom it cut here, and how long that took', () => {
    const { peer } = desk.sitter('a')
    desk.does('O', { kind: 'AddNode', peer })
    government.apply()
    expect(told).toEqual([])
    gateCuts = [peer]
    desk.does('O', { kind: 'RemoveNode', peer })
    expect(government.apply().peers).toEqual([peer])
    expect(told).toEqual([['peers', 'cut by the governing team', { team: governing, ms: 2.35, peers: [peer] }]])
  })

  it('of a team that is closed, or not kept here, is empty, and that is said', () => {
    desk.does('O', { kind: 'AddNode', peer: desk.sitter('a').peer })
    desk.does('O', { kind: 'CloseTeam' })
    government.apply()
    expect(facts?.listed.size).toBe(0)
    expect(government.warnings().join()).toContain('is closed: its list counts as empty')
    isKept = false
    government.apply()
    expect(facts).toEqual({ listed: new Set(), removed: new Set() })
    expect(government.warnings().join()).toContain('is unknown')
  })
})

describe('the swarm keys of the team that governs', () => {
  it('are opened, kept, and dialled with: the newest first', async () => {
    const [first, second, third] = [swarmKey.key, fresh(), fresh()]
    for (const key of [first, second, third]) announce(key)
    expect(await applied()).toEqual(fingerprints([third, second, first]))
    expect(await applied()).toEqual(fingerprints([third, second, first]))
    retire(first)
    expect(await applied()).toEqual(fingerprints([third, second]))
    expect(swarmKey.isRetired(swarmKeyFingerprint(first))).toBe(true)
  })

  it('that cannot be opened yet are waited for, and the key before them goes on', async () => {
    const [old, next] = [swarmKey.key, fresh()]
    announce(old)
    announce(next)
    secrets.clear()
    expect(await applied()).toEqual(fingerprints([old]))
    expect(government.warnings().join()).toContain(`${swarmKeyFingerprint(next)} of team`)
    // Even retired it stays while nothing else is there: a node without a key could not be helped by anybody.
    retire(old)
    expect(await applied()).toEqual(fingerprints([old]))
    secrets.set(idText('cmd', epoch), secret)
    expect(await applied()).toEqual(fingerprints([next]))
    expect(government.warnings()).toEqual([])
  })

  it('whose seal holds another key than the graph says are not taken', async () => {
    const [old, next] = [swarmKey.key, fresh()]
    announce(old)
    announce(next, bytesOf('another', 16))
    expect(await applied()).toEqual(fingerprints([old]))
  })

  it('that the law took back are refused, though this node had turned to them', async () => {
    const [old, next] = [swarmKey.key, fresh()]
    announce(old)
    const before = desk.state
    announce(next)
    expect(await applied()).toEqual(fingerprints([next, old]))
    desk.state = before
    government.apply()
    await government.settled()
    expect(onWire).toEqual(fingerprints([old]))
    expect(fingerprints(swarmKey.keys)).toEqual(fingerprints([old]))
  })

  it('that the law took back while this node was down are refused when it comes up again', async () => {
    const [old, next] = [swarmKey.key, fresh()]
    const before = desk.state
    announce(next)
    expect(await applied()).toEqual(fingerprints([next, old]))
    const again = await openSwarmKeyFile(files.options, { random: systemRandom, say: () => undefined, log: silentLog })
    expect([...again.givenBy]).toEqual([[swarmKeyFingerprint(next), governing]])
    desk.state = before
    government = govern(again)
    government.apply()
    await government.settled()
    expect([onWire, fingerprints(again.keys)]).toEqual([fingerprints([old]), fingerprints([old])])
  })

  it('stay where they are when the team no longer governs', async () => {
    announce(swarmKey.key)
    announce(fresh())
    const both = await applied()
    governing = null
    expect(await applied()).toEqual(both)
  })
})
