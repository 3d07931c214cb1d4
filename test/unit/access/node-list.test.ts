import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createGate,
  listDigest,
  parseNodeList,
  printNodeList,
  unreadableList,
  withEntry,
  withoutPeer,
  type ListKind,
} from '../../../src/access/index.ts'
import { axKeyText, toHex } from '../../../src/codec/index.ts'
import { generateIdentity, openKeys } from '../../../src/keys/index.ts'
import { expectCode } from '../../helpers/expect-code.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

const keys = await openKeys()
const random = createSeededRandomness(7)
const crew = Array.from({ length: 4 }, () => generateIdentity(random))
const [first, second, third] = crew as [(typeof crew)[0], (typeof crew)[0], (typeof crew)[0]]
const kinds: readonly ListKind[] = ['permissioned', 'disallowed', 'static']
const hexId = toHex(second.publicKey)

const sampleOfTheSeed = ` [
   "enode://6598638ac5b15ee386210156a43f565fa8c485924894e2f3a967207c047470@127.0.0.1:30300",
 ]
`

describe('a node list', () => {
  it('matches by identity alone, whatever the form of the entry', () => {
    const list = parseNodeList(
      keys,
      'permissioned',
      JSON.stringify([
        `/ip4/192.0.2.1/tcp/4001/p2p/${first.peer}`,
        `enode://${hexId}@198.51.100.2:30300?discport=0`,
        ` ${axKeyText(third.publicKey)} `,
        first.peer,
        '',
      ]),
    )
    expect(list).toMatchObject({ state: 'read', skipped: [], notices: [] })
    expect([...list.peers]).toEqual([first.peer, second.peer, third.peer])
    expect(list.entries[1]?.address).toBe(`/ip4/198.51.100.2/tcp/30300/p2p/${second.peer}`)
  })

  it.each(kinds)('says of %s that it is missing, empty or cannot be read', (kind) => {
    expect(parseNodeList(keys, kind, undefined)).toMatchObject({ state: 'missing' })
    expect(parseNodeList(keys, kind, '[]')).toMatchObject({ state: 'read', peers: new Set() })
    for (const text of [
      '',
      '{}',
      'null',
      '[1]',
      '[["a"]]',
      '["a"',
      '["a",,]',
      '[,]',
      '["a"] x',
      '// no\n[]',
      '\ufeff[]',
      '[\u0000]',
    ]) {
      const list = parseNodeList(keys, kind, text)
      expect([text, list.state, list.peers.size]).toEqual([text, 'unreadable', 0])
      expect(list.why).not.toBe('')
    }
  })

  it("skips the seed's shortened sample with its comma, and says so", () => {
    const list = parseNodeList(keys, 'permissioned', sampleOfTheSeed)
    expect(list).toMatchObject({ state: 'read', peers: new Set() })
    expect(list.skipped).toHaveLength(1)
    expect(list.notices).toHaveLength(1)
  })

  it('skips a secp256k1 identity and one that is no point, with the reason', () => {
    const list = parseNodeList(
      keys,
      'static',
      JSON.stringify([`enode://${'ab'.repeat(64)}@192.0.2.1:1`, `enode://${'00'.repeat(32)}@192.0.2.1:1`, first.peer]),
    )
    expect(list.skipped.map(({ index, why }) => [index, why.split(' ')[0]])).toEqual([
      [0, 'This'],
      [1, 'This'],
      [2, 'Invalid'],
    ])
    expect(list.skipped[0]?.why).toContain('secp256k1')
  })

  it('a ban that cannot be read bars everybody', () => {
    const list = parseNodeList(keys, 'disallowed', JSON.stringify([first.peer, 'who?']))
    expect(list).toMatchObject({ state: 'unreadable', peers: new Set() })
    expect(createGate({ disallowed: list }).admitInbound(second.peer).kind).toBe('refuse')
  })

  it('is bounded', () => {
    const many = JSON.stringify(new Array(10_001).fill(''))
    expect(parseNodeList(keys, 'permissioned', many)).toMatchObject({ state: 'unreadable' })
    expect(parseNodeList(keys, 'permissioned', `[${' '.repeat(4_194_304)}]`)).toMatchObject({ state: 'unreadable' })
    expect(unreadableList('static', 'it is a symbolic link')).toMatchObject({
      state: 'unreadable',
      why: 'it is a symbolic link',
    })
  })

  it('is edited without losing what people wrote', () => {
    const list = parseNodeList(
      keys,
      'permissioned',
      JSON.stringify(['a note', first.peer, `enode://${hexId}@192.0.2.1:1`]),
    )
    const added = withEntry(keys, list, ` ${third.peer} `)
    expect(added).toMatchObject({ peer: third.peer, added: true })
    expect(printNodeList(added.texts)).toBe(
      `[\n  "a note",\n  "${first.peer}",\n  "enode://${hexId}@192.0.2.1:1",\n  "${third.peer}"\n]\n`,
    )
    expect(withEntry(keys, list, axKeyText(first.publicKey))).toMatchObject({ added: false, texts: list.texts })
    expect(withoutPeer(list, second.peer)).toEqual({ texts: ['a note', first.peer], removed: true })
    expect(withoutPeer(list, third.peer)).toEqual({ texts: list.texts, removed: false })
    expectCode('ERR_INVALID_INPUT', () => withEntry(keys, parseNodeList(keys, 'static', '[]'), first.peer))
    expectCode('ERR_KEYS_POINT', () => withEntry(keys, list, `enode://${'00'.repeat(32)}@192.0.2.1:1`))
  })

  it('has a digest that depends on who is listed and nothing else', () => {
    const digest = (texts: string[]) => listDigest(parseNodeList(keys, 'permissioned', JSON.stringify(texts)))
    expect(digest([first.peer, second.peer])).toBe(digest([`enode://${hexId}@192.0.2.9:9`, axKeyText(first.publicKey)]))
    expect(digest([first.peer])).not.toBe(digest([first.peer, second.peer]))
    expect(digest([first.peer])).toMatch(/^[0-9a-f]{64}$/)
    expect(listDigest(parseNodeList(keys, 'permissioned', '{'))).toBeNull()
  })
})

describe('sec/N5 fuzz/FZ4 access never widens', () => {
  const texts = [
    `/ip4/192.0.2.1/tcp/4001/p2p/${first.peer}`,
    `enode://${hexId}@198.51.100.2:30300`,
    axKeyText(third.publicKey),
    `/dns4/node.example/tcp/4001/p2p/${first.peer}`,
  ]
  const whole = printNodeList(texts)
  const listed = new Set([first.peer, second.peer, third.peer])
  const noise = fc.constantFrom(
    '\r\n',
    '\ufeff',
    '\u0000',
    '"',
    ',',
    '[',
    ']',
    '{',
    '\\',
    '٣',
    ' ',
    '\u202e',
    'x',
    '#',
    '/',
    'p2p',
  )
  const edit = fc.record({
    at: fc.nat(whole.length),
    remove: fc.nat(40),
    insert: fc.array(noise, { maxLength: 4 }).map((parts) => parts.join('')),
  })
  const edits = fc.array(edit, { minLength: 1, maxLength: 4 })
  const apply = (text: string, list: readonly { at: number; remove: number; insert: string }[]): string =>
    list.reduce((now, { at, remove, insert }) => now.slice(0, at) + insert + now.slice(at + remove), text)

  it('when permissioned-nodes.json is edited at random', () => {
    fc.assert(
      fc.property(edits, (list) => {
        const edited = apply(whole, list)
        const gate = createGate({ permissioned: true, allowed: parseNodeList(keys, 'permissioned', edited) })
        const admitted = crew.map(({ peer }) => peer).filter((peer) => gate.admitInbound(peer).kind === 'admit')
        expect(admitted.filter((peer) => !listed.has(peer))).toEqual([])
        for (const peer of gate.facts.allowed.peers) expect(listed.has(peer)).toBe(true)
      }),
      { seed: 5, numRuns: 1_000 },
    )
  })

  it('when disallowed-nodes.json is damaged: whoever was barred is barred, unless a whole entry was taken out', () => {
    fc.assert(
      fc.property(edits, (list) => {
        const edited = apply(whole, list)
        const gate = createGate({ disallowed: parseNodeList(keys, 'disallowed', edited) })
        for (const { peer } of crew.slice(0, 3)) {
          if (gate.admitInbound(peer).kind === 'refuse') continue
          // Let in again only by a file that can be read from end to end and does not name the peer.
          expect(gate.facts.disallowed.state).toBe('read')
          expect(gate.facts.disallowed.peers.has(peer)).toBe(false)
          expect(JSON.parse(edited.replace(/,(\s*\])/, '$1'))).toBeInstanceOf(Array)
        }
      }),
      { seed: 6, numRuns: 1_000 },
    )
  })
})
