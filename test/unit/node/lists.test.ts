import { mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createGate, type Gate } from '../../../src/access/index.ts'
import { limits, silentLog } from '../../../src/base/index.ts'
import { generateIdentity, openKeys, systemRandom, type Identity, type Keys } from '../../../src/keys/index.ts'
import { openNodeLists, type NodeLists } from '../../../src/node/lists.ts'
import { expectCodeLater } from '../../helpers/expect-code.ts'
import { createNodeFiles, type NodeFiles } from '../../helpers/node-files.ts'
import { eventually } from '../../helpers/swarm-nodes.ts'

let keys: Keys
let files: NodeFiles
let gate: Gate
let rejudged: number
let statics: string[][]
let opened: NodeLists[]
beforeAll(async () => {
  keys = await openKeys()
})
beforeEach(() => {
  files = createNodeFiles()
  rejudged = 0
  statics = []
  opened = []
})
afterEach(() => {
  for (const lists of opened) lists.close()
  files.remove()
})

async function open(options: { byFlag?: boolean; bySetting?: boolean } = {}): Promise<NodeLists> {
  gate = createGate()
  const lists = await openNodeLists(
    {
      gate,
      keys,
      log: silentLog,
      rejudge: () => ({ peers: [], ms: (rejudged += 1) }),
      onStatic: (addresses) => statics.push(addresses),
      differing: () => [],
      governing: () => null,
      teamAddresses: () => [],
    },
    { directory: files.directory, byFlag: options.byFlag ?? true, bySetting: options.bySetting ?? false },
  )
  opened.push(lists)
  return lists
}

const someone = (): Identity => generateIdentity(systemRandom)
const file = (name: string) => files.path(`${name}-nodes.json`)
const save = (name: string, value: unknown) => {
  writeFileSync(file(name), typeof value === 'string' ? value : JSON.stringify(value))
}
const saved = (name: string) => JSON.parse(readFileSync(file(name), 'utf8')) as string[]
/** By the lists; that nobody new gets in while one is settling has its own tests. */
const passes = (peer: string) => gate.mayStay(peer).kind === 'admit'
const multiaddr = ({ peer }: Identity, port = 1) => `/ip4/127.0.0.1/tcp/${String(port)}/p2p/${peer}`
const add = (lists: NodeLists, entries: string[], list: 'permissioned' | 'disallowed' | 'static' = 'permissioned') =>
  lists.change({ list, verb: 'add' }, entries)
const remove = (lists: NodeLists, entries: string[], list: 'permissioned' | 'disallowed' | 'static' = 'permissioned') =>
  lists.change({ list, verb: 'remove' }, entries)

describe('changing a list by command', () => {
  it('adds in every text form, once, durable and judged before the answer', async () => {
    const lists = await open()
    const [a, b, c] = [someone(), someone(), someone()]
    const added = await add(lists, [a.peer, multiaddr(b), c.axKey, a.axKey])
    expect(added).toMatchObject({ changed: [a.peer, b.peer, c.peer], unchanged: [a.peer] })
    expect(rejudged).toBe(1)
    expect([a, b, c].every(({ peer }) => passes(peer))).toBe(true)
    expect(saved('permissioned')).toHaveLength(3)
    await open()
    expect([a, b, c].every(({ peer }) => passes(peer))).toBe(true)
  })

  it('removes by any form of the identity, and says what was not there', async () => {
    const lists = await open()
    const [a, b] = [someone(), someone()]
    await add(lists, [multiaddr(a), multiaddr(a, 2), b.peer])
    expect(await remove(lists, [a.axKey, someone().peer])).toMatchObject({
      changed: [a.peer],
      unchanged: [expect.anything()],
    })
    expect([passes(a.peer), passes(b.peer)]).toEqual([false, true])
    expect(saved('permissioned')).toEqual([b.peer])
  })

  it('what is no entry is refused, and nothing of that change is done', async () => {
    const lists = await open()
    const good = someone().peer
    for (const bad of [
      'nonsense',
      '/ip4/1.2.3.4/tcp/1',
      '',
      '__proto__',
      'enode://ff@1.2.3.4:1',
      `0${'A'.repeat(43)}=`,
    ]) {
      await expect(add(lists, [good, bad])).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_(?!INTERNAL)/) })
    }
    expect(passes(good)).toBe(false)
    expect(lists.gateStatus().lists.permissioned.state).toBe('missing')
  })

  it('a ban beats the list of permissioned nodes, and goes again', async () => {
    const lists = await open()
    const a = someone()
    await add(lists, [a.peer])
    await add(lists, [a.peer], 'disallowed')
    expect(passes(a.peer)).toBe(false)
    expect(lists.check(a.axKey)).toMatchObject({ peer: a.peer, inbound: 'ERR_ACCESS_NOT_PERMISSIONED' })
    await remove(lists, [a.peer], 'disallowed')
    expect(passes(a.peer)).toBe(true)
  })

  it('a ban counts while the gate is open', async () => {
    const lists = await open({ byFlag: false })
    const a = someone()
    expect(passes(a.peer)).toBe(true)
    expect((await add(lists, [a.peer])).notices).toHaveLength(1)
    await add(lists, [a.peer], 'disallowed')
    expect(passes(a.peer)).toBe(false)
  })

  it('static nodes need an address, which is then dialled', async () => {
    const lists = await open()
    const a = someone()
    await expect(add(lists, [a.peer], 'static')).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_(?!INTERNAL)/),
    })
    await add(lists, [multiaddr(a)], 'static')
    expect(lists.staticAddresses()).toEqual([multiaddr(a)])
    expect(statics.at(-1)).toEqual([multiaddr(a)])
    await remove(lists, [a.peer], 'static')
    expect(statics.at(-1)).toEqual([])
  })

  it('entries that count for nothing are kept, with their reason', async () => {
    const a = someone()
    const quorum = `enode://${'ab'.repeat(64)}@1.2.3.4:1`
    save('permissioned', ['not a node', a.peer, quorum])
    const lists = await open()
    expect(lists.gateStatus().lists.permissioned.skipped.map(({ index }) => index)).toEqual([0, 2])
    const b = someone()
    await add(lists, [b.peer])
    await remove(lists, [a.peer])
    expect(saved('permissioned')).toEqual(['not a node', quorum, b.peer])
    expect(lists.warnings().join()).toContain('2 entries of permissioned-nodes.json were skipped')
  })

  it('sec/T2: two writers lose none', async () => {
    const lists = await open()
    const peers = Array.from({ length: 40 }, () => someone().peer)
    await Promise.all(peers.map((peer) => add(lists, [peer])))
    expect(saved('permissioned')).toEqual(peers)
  })

  it('an entry that a person saved a moment ago is not lost to a command', async () => {
    const lists = await open()
    const [a, b] = [someone(), someone()]
    save('permissioned', [a.peer])
    await add(lists, [b.peer])
    expect(saved('permissioned')).toEqual([a.peer, b.peer])
    expect([passes(a.peer), passes(b.peer)]).toEqual([true, true])
  })

  it('an unreadable file is not written over', async () => {
    save('permissioned', '["half')
    const lists = await open()
    await expectCodeLater('ERR_ACCESS_LIST', add(lists, [someone().peer]))
    expect(readFileSync(file('permissioned'), 'utf8')).toBe('["half')
  })
})

describe('sec/N5: a list that cannot be read', () => {
  const broken = [
    '',
    '{',
    '[1]',
    '{"a":"b"}',
    '["a",',
    'null',
    '"x"',
    '[["x"]]',
    '\u{feff}[]',
    `[${'"a",'.repeat(20_000)}"a"]`,
  ]

  it.each(broken.map((text) => [text.slice(0, 20), text]))(
    'permissioned: %j admits nobody and says so',
    async (_, text) => {
      save('permissioned', text)
      const lists = await open()
      expect(passes(someone().peer)).toBe(false)
      expect(lists.gateStatus().lists.permissioned).toMatchObject({
        state: 'unreadable',
        peers: [],
        why: expect.any(String),
      })
      expect(lists.warnings().join()).toContain('permissioned-nodes.json cannot be read')
      expect(lists.digests()).toBeNull()
    },
  )

  it('disallowed: bars everybody, also where the gate is open', async () => {
    save('disallowed', ['what is this'])
    await open({ byFlag: false })
    expect(passes(someone().peer)).toBe(false)
  })

  it('static: dials nobody, and the gate does not care', async () => {
    save('static', '[')
    const lists = await open({ byFlag: false })
    expect(lists.staticAddresses()).toEqual([])
    expect(passes(someone().peer)).toBe(true)
    expect(lists.warnings().join()).toContain('static-nodes.json')
  })

  it('a directory in its place is unreadable as well', async () => {
    mkdirSync(file('permissioned'))
    const lists = await open()
    expect(lists.gateStatus().lists.permissioned.state).toBe('unreadable')
  })

  it('missing and empty lists admit nobody under permissioned', async () => {
    await open()
    expect(passes(someone().peer)).toBe(false)
    save('permissioned', [])
    await open()
    expect(passes(someone().peer)).toBe(false)
  })

  it('one comma before the closing bracket is accepted', async () => {
    const a = someone()
    save('permissioned', `["${a.peer}",]`)
    await open()
    expect(passes(a.peer)).toBe(true)
  })
})

describe('a list edited by hand while the node runs', () => {
  it('nobody new gets in until it has been quiet; then it counts, and live connections are judged', async () => {
    const [a, b] = [someone(), someone()]
    save('permissioned', [a.peer])
    await open()
    save('permissioned', [a.peer, b.peer])
    await eventually(() => gate.facts.settling, 'settling')
    expect(gate.admitInbound(a.peer)).toMatchObject({ kind: 'refuse', code: 'ERR_SWARM_BUSY' })
    expect(gate.mayStay(a.peer).kind).toBe('admit')
    expect(rejudged).toBe(0)
    await eventually(() => !gate.facts.settling, 'settled')
    expect([passes(a.peer), passes(b.peer)]).toEqual([true, true])
    expect(rejudged).toBe(1)
  })

  it('signs that go on while the file is read are of what is being judged: once', async () => {
    const a = someone()
    save('permissioned', [])
    await open()
    save('permissioned', [a.peer])
    while (rejudged === 0) {
      const now = new Date()
      utimesSync(file('permissioned'), now, now)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await eventually(() => !gate.facts.settling, 'settled')
    await new Promise((resolve) => setTimeout(resolve, 2 * limits.listQuietMs))
    expect([rejudged, passes(a.peer)]).toEqual([1, true])
  })

  it('half of a file cuts nobody when the rest follows at once', async () => {
    const a = someone()
    save('permissioned', [a.peer])
    await open()
    save('permissioned', `["${a.peer.slice(0, 10)}`)
    await eventually(() => gate.facts.settling, 'settling')
    save('permissioned', [a.peer])
    await eventually(() => !gate.facts.settling, 'settled')
    expect(passes(a.peer)).toBe(true)
    expect(gate.mayStay(a.peer).kind).toBe('admit')
  })

  it('a file that is left unreadable, or removed, lets nobody stay', async () => {
    const a = someone()
    save('permissioned', [a.peer])
    await open()
    save('permissioned', '[')
    await eventually(() => gate.mayStay(a.peer).kind === 'refuse', 'unreadable')
    save('permissioned', [a.peer])
    await eventually(() => passes(a.peer), 'readable again')
    rmSync(file('permissioned'))
    await eventually(() => gate.mayStay(a.peer).kind === 'refuse', 'removed')
  })

  it('static nodes are dialled from their new addresses', async () => {
    const a = someone()
    await open()
    save('static', [multiaddr(a)])
    await eventually(() => statics.at(-1)?.[0] === multiaddr(a), 'static')
  })

  it('what the node wrote itself holds nobody up for long', async () => {
    const lists = await open()
    const a = someone()
    await add(lists, [a.peer])
    await new Promise((resolve) => setTimeout(resolve, 50))
    await eventually(() => !gate.facts.settling && passes(a.peer), 'open again')
    expect(rejudged).toBe(1)
  })

  it('commands and edits at the same time end with what stands on the disk', async () => {
    const lists = await open()
    const peers = Array.from({ length: 12 }, () => someone().peer)
    for (const peer of peers) {
      await add(lists, [peer])
      save('permissioned', saved('permissioned'))
    }
    await eventually(() => !gate.facts.settling, 'settled')
    expect(lists.gateStatus().lists.permissioned.peers).toEqual(saved('permissioned'))
    expect(saved('permissioned')).toEqual(peers)
  })

  it('after close nothing is watched', async () => {
    const lists = await open()
    lists.close()
    save('permissioned', [someone().peer])
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(gate.facts.settling).toBe(false)
  })
})

describe('the gate', () => {
  it.each([
    [false, false, false, 'none'],
    [true, false, true, 'flag'],
    [false, true, true, 'setting'],
    [true, true, true, 'flag'],
  ])('by flag %s and setting %s is permissioned %s by %s', async (byFlag, bySetting, permissioned, by) => {
    const lists = await open({ byFlag, bySetting })
    expect(lists.gateStatus()).toMatchObject({ permissioned, by })
  })

  it('a setting opens what a setting closed, but not what the flag closed', async () => {
    const bySetting = await open({ byFlag: false, bySetting: true })
    bySetting.setPermissioned(false)
    expect(gate.facts.permissioned).toBe(false)
    const byFlag = await open({ byFlag: true })
    byFlag.setPermissioned(false)
    expect(gate.facts.permissioned).toBe(true)
    expect(rejudged).toBe(2)
  })

  it('equal lists have equal digests, whatever their order and form', async () => {
    const [a, b] = [someone(), someone()]
    save('permissioned', [a.peer, multiaddr(b)])
    const one = (await open()).digests()
    save('permissioned', [b.peer, a.peer, a.axKey])
    expect((await open()).digests()).toEqual(one)
    save('permissioned', [a.peer])
    expect((await open()).digests()).not.toEqual(one)
  })
})
