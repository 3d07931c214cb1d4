import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addKnown,
  forgetKnown,
  judgeKnown,
  parseKnownNodes,
  printKnownNodes,
  replaceKnown,
  revokeKnown,
  sinceText,
} from '../../../src/access/index.ts'
import { HyraxError } from '../../../src/base/index.ts'
import { generateIdentity } from '../../../src/keys/index.ts'
import { expectCode } from '../../helpers/expect-code.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

const random = createSeededRandomness(11)
const peers = Array.from({ length: 3 }, () => generateIdentity(random).peer) as [string, string, string]
const [one, two, three] = peers
const since = '2026-11-02T10:00:00Z'
const path = '/home/dev/.config/hyrax/known_nodes'
const read = (text: string) => parseKnownNodes(text, path)

const text = `# nodes of the plant
localhost:4458 ${one} ${since} the press

[2001:db8::7]:4458 ${two} ${since}
/run/hyrax/axd.sock ${one} ${since}
revoked ${three} ${since} stolen
`

describe('known nodes', () => {
  it('are kept as they stand', () => {
    expect(printKnownNodes(read(text))).toBe(text)
    expect(printKnownNodes(read(text.replaceAll('\n', '\r\n')))).toBe(text)
    expect(printKnownNodes(read(text.slice(0, -1)))).toBe(text)
    expect(printKnownNodes(parseKnownNodes(undefined, path))).toBe('')
  })

  it('sec/A2 judge an identity at an address; a revoked one everywhere', () => {
    const book = read(text)
    expect(judgeKnown(book, 'localhost:4458', one)).toEqual({ kind: 'known' })
    expect(judgeKnown(book, '127.0.0.1:4458', one)).toEqual({ kind: 'unknown' })
    expect(judgeKnown(book, 'localhost:4458', two)).toMatchObject({
      kind: 'changed',
      known: [{ peer: one, line: 2, since, comment: 'the press' }],
    })
    expect(judgeKnown(book, 'elsewhere:4458', three)).toEqual({ kind: 'revoked', line: 6 })
    const both = addKnown(book, { address: 'localhost:4458', peer: two, since })
    expect([one, two].map((peer) => judgeKnown(both, 'localhost:4458', peer).kind)).toEqual(['known', 'known'])
  })

  it('are changed by whole lines; who stood there before stays as a comment', () => {
    const replaced = replaceKnown(read(text), { address: 'localhost:4458', peer: two, since: '2026-11-21T12:00:00Z' })
    expect(printKnownNodes(replaced)).toContain(
      `# until 2026-11-21T12:00:00Z: localhost:4458 ${one} ${since} the press\n`,
    )
    expect(judgeKnown(replaced, 'localhost:4458', two).kind).toBe('known')
    expect(judgeKnown(replaced, 'localhost:4458', one).kind).toBe('changed')
    const { book, removed } = forgetKnown(replaced, 'localhost:4458')
    expect([removed, judgeKnown(book, 'localhost:4458', two).kind]).toEqual([1, 'unknown'])
    expect(judgeKnown(revokeKnown(book, { peer: two, since }), '[2001:db8::7]:4458', two).kind).toBe('revoked')
    expect(addKnown(book, { address: '/run/hyrax/axd.sock', peer: one, since })).toBe(book)
    expect(sinceText(Date.parse('2026-11-02T10:00:00.999Z'))).toBe(since)
  })

  it.each([
    `localhost:4458 ${one}`,
    `localhost:4458  ${one} ${since}`,
    ` localhost:4458 ${one} ${since}`,
    `localhost:4458\t${one} ${since}`,
    `LOCALHOST:4458 ${one} ${since}`,
    `localhost ${one} ${since}`,
    `localhost:0 ${one} ${since}`,
    `0.0.0.0:4458 ${one} ${since}`,
    `[2001:DB8::7]:4458 ${one} ${since}`,
    `/ip4/127.0.0.1/tcp/4458/../x ${one} ${since}`,
    `//run/axd.sock ${one} ${since}`,
    `localhost:4458 ${one.slice(0, -1)} ${since}`,
    `localhost:4458 ${one} 2026-11-02`,
    `localhost:4458 ${one} 2026-02-31T10:00:00Z`,
    `localhost:4458 ${one} ${since} `,
    `localhost:4458 ${one} ${since} a\u001b[2J`,
    `localhost:4458 ${one} ${since} ${'x'.repeat(513)}`,
    `revoked ${since}`,
    'hello',
  ])('trust nothing while a line cannot be read: %s', (line) => {
    const error = expectCode('ERR_ACCESS_KNOWN_NODES', () => read(`# first\n${line}\n`))
    expect(error.message).toContain('line 2')
  })

  it('are bounded', () => {
    expectCode('ERR_ACCESS_KNOWN_NODES', () => read('#\n'.repeat(10_001)))
    expectCode('ERR_ACCESS_KNOWN_NODES', () => read(`#${'x'.repeat(4_194_304)}`))
    expectCode('ERR_INVALID_INPUT', () => addKnown(read(''), { address: 'Host:1', peer: one, since }))
  })
})

describe('fuzz/FZ4 known nodes', () => {
  const address = fc.constantFrom(
    'localhost:4458',
    '127.0.0.1:4458',
    '[::1]:4458',
    'a.example:1',
    '/run/a/s',
    '[fe80::1%eth0]:4458',
  )
  const comment = fc.option(
    fc.string({ minLength: 1, maxLength: 20 }).filter((value) => /^[ -~]+$/.test(value) && !value.startsWith(' ')),
    { nil: undefined },
  )
  const peer = fc.constantFrom(...peers)
  const node = fc
    .tuple(address, peer, comment)
    .map(([at, who, more]) => [at, who, since, ...(more === undefined ? [] : [more])].join(' '))
  const revoked = peer.map((who) => `revoked ${who} ${since}`)
  const note = fc.constantFrom('', '#', '# a note', '#localhost:4458 x')
  const lines = fc.array(fc.oneof(node, revoked, note), { maxLength: 8 })

  it('parse then print is the identity', () => {
    fc.assert(
      fc.property(lines, (given) => {
        const whole = given.map((line) => `${line}\n`).join('')
        expect(printKnownNodes(read(whole))).toBe(whole)
      }),
      { seed: 1, numRuns: 1_000 },
    )
  })

  it('no edit makes an identity known that no line names for that address, nor unbans one', () => {
    const noise = fc.constantFrom(
      '\n',
      '\r',
      ' ',
      '#',
      '\ufeff',
      '\u0000',
      '٤',
      'revoked',
      'localhost:4458',
      one,
      '\u202e',
    )
    const edits = fc.array(fc.tuple(fc.nat(text.length), fc.nat(30), noise), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(edits, (list) => {
        const edited = list.reduce(
          (now, [at, remove, insert]) => now.slice(0, at) + insert + now.slice(at + remove),
          text,
        )
        try {
          const book = read(edited)
          for (const at of ['localhost:4458', '[2001:db8::7]:4458', '/run/hyrax/axd.sock']) {
            for (const who of peers) {
              const { kind } = judgeKnown(book, at, who)
              if (kind === 'known')
                expect(edited.split(/\r?\n/).some((line) => line.startsWith(`${at} ${who} `))).toBe(true)
              if (edited.split(/\r?\n/).some((line) => line.startsWith(`revoked ${who} `))) expect(kind).toBe('revoked')
            }
          }
        } catch (error) {
          expect(error).toBeInstanceOf(HyraxError)
          expect((error as HyraxError).code).toBe('ERR_ACCESS_KNOWN_NODES')
        }
      }),
      { seed: 2, numRuns: 1_000 },
    )
  })
})
