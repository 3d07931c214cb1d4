import { describe, expect, it } from 'vitest'
import {
  knownAddress,
  multiaddrText,
  parseListEntry,
  parseNodeAddress,
  peerIdText,
  toHex,
} from '../../../src/codec/index.ts'
import { expectCode, valueOrCode } from '../../helpers/expect-code.ts'
import { mutateText } from '../../helpers/mutate.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

const peer = '12D3KooWJsUwwrcHx8nqqBFdwGk3kSNYy1EKoKANnbyTj3jMBjPF'
const otherPeer = '12D3KooWH4duqeY7Pj3or9j7aKnmaxz8WUYtVYnZUbACW21hGvBh'

const addresses: [typed: string, known: string, multiaddr: string][] = [
  ['localhost', 'localhost:4458', '/dns/localhost/tcp/4458'],
  ['LocalHost.:4001', 'localhost:4001', '/dns/localhost/tcp/4001'],
  ['127.0.0.1', '127.0.0.1:4458', '/ip4/127.0.0.1/tcp/4458'],
  ['10.2.3.23:1', '10.2.3.23:1', '/ip4/10.2.3.23/tcp/1'],
  ['[::1]', '[::1]:4458', '/ip6/::1/tcp/4458'],
  ['::1', '[::1]:4458', '/ip6/::1/tcp/4458'],
  ['[2001:DB8:0:0:1::0001]:80', '[2001:db8::1:0:0:1]:80', '/ip6/2001:db8::1:0:0:1/tcp/80'],
  ['[fe80::1%eth0]:80', '[fe80::1%eth0]:80', '/ip6zone/eth0/ip6/fe80::1/tcp/80'],
  ['/ip6zone/eth0/ip6/FE80::1/tcp/80', '[fe80::1%eth0]:80', '/ip6zone/eth0/ip6/fe80::1/tcp/80'],
  ['/dns4/localhost/tcp/4458', 'localhost:4458', '/dns4/localhost/tcp/4458'],
  ['/dns/Büro.Example/tcp/4458', 'xn--bro-hoa.example:4458', '/dns/xn--bro-hoa.example/tcp/4458'],
  ['node_1', 'node_1:4458', '/dns/node_1/tcp/4458'],
  [`/ip4/1.2.3.4/tcp/4001/p2p/${peer}`, '1.2.3.4:4001', `/ip4/1.2.3.4/tcp/4001/p2p/${peer}`],
  [`/ip4/1.2.3.4/tcp/4001/ipfs/${peer}`, '1.2.3.4:4001', `/ip4/1.2.3.4/tcp/4001/p2p/${peer}`],
  ['/unix/%2Frun%2Fhyrax%2Faxd.sock', '/run/hyrax/axd.sock', '/unix/%2Frun%2Fhyrax%2Faxd.sock'],
  [`/unix/%2Ftmp%2Fa.sock/p2p/${peer}`, '/tmp/a.sock', `/unix/%2Ftmp%2Fa.sock/p2p/${peer}`],
]

const refused = [
  '',
  ' ',
  ':',
  'localhost:',
  'localhost:0',
  'localhost:065',
  'localhost:65536',
  'localhost:٤٤٥٨',
  'localhost:44 58',
  'a:b:c',
  '[localhost]:1',
  '[::1',
  '[::1]x',
  '::g',
  '1.2.3',
  '1.2.3.4.5',
  '0x7f.1',
  '127.1',
  '2130706433',
  '01.2.3.4',
  '١٢٧.0.0.1',
  '0.0.0.0:4458',
  '[::]:4458',
  'a b',
  'a/b',
  'a%2eb',
  'user@host',
  'host?x',
  'host#x',
  '-host',
  'host-',
  `${'a'.repeat(64)}.example`,
  'a..b',
  'host\u{202e}',
  '/ip4/1.2.3.4',
  '/ip4/1.2.3.4/tcp',
  '/ip4/1.2.3.4/tcp/',
  '/ip4/::1/tcp/1',
  '/ip6/1.2.3.4/tcp/1',
  '/dns4/1.2.3.4/tcp/1',
  '/ip4/1.2.3.4/udp/1',
  '/ip4/1.2.3.4/udp/1/quic-v1',
  '/ip4/1.2.3.4/tcp/1/ws',
  '/dnsaddr/example.org/tcp/1',
  '/ip4/0.0.0.0/tcp/1',
  '/ip6/::/tcp/1',
  '/ip4/1.2.3.4/tcp/0',
  `/ip4/1.2.3.4/tcp/1/p2p/${peer}/p2p/${otherPeer}`,
  `/ip4/1.2.3.4/tcp/1/p2p/${peer}/p2p-circuit/p2p/${otherPeer}`,
  `/ip4/1.2.3.4/tcp/1/p2p-circuit/p2p/${otherPeer}`,
  `/p2p/${peer}`,
  `/ip4/1.2.3.4/tcp/1/p2p/${peer}/`,
  '/ip6zone/eth0/ip4/1.2.3.4/tcp/1',
  '/unix/run/axd.sock',
  '/unix/%2Frun%2Fa b',
  '/unix/%2Frun%2Fa%20b',
  '/unix/%',
  '/unix/relative',
  '/unix/',
  '/',
  '//',
]

describe('addresses of nodes', () => {
  it('sec/A9 have one canonical and one libp2p form', () => {
    for (const [typed, known, multiaddr] of addresses) {
      const address = parseNodeAddress(typed)
      expect(address.typed).toBe(typed)
      expect(knownAddress(address)).toBe(known)
      expect(multiaddrText(address)).toBe(multiaddr)
      expect(knownAddress(parseNodeAddress(multiaddr))).toBe(known)
    }
  })

  it('tell who gives the path of a socket how it is written', () => {
    expect(() => parseNodeAddress('/run/hyrax/axd.sock')).toThrow('/unix/%2Frun%2Fhyrax%2Faxd.sock')
    expect(parseNodeAddress('/unix/%2Frun%2Fhyrax%2Faxd.sock')).toMatchObject({ path: '/run/hyrax/axd.sock' })
  })

  it('sec/A9 are refused where they could mean something else, or nothing', () => {
    for (const typed of refused) expectCode('ERR_INVALID_INPUT', () => parseNodeAddress(typed))
    expectCode('ERR_KEYS_KIND', () =>
      parseNodeAddress('/ip4/1.2.3.4/tcp/1/p2p/QmaWM8pMoMYkJrdbUZkxHyUavH3tCxRdCC9NYCnXRfQ4Eg'),
    )
  })

  it('take a default port, and what can only be listened on', () => {
    expect(parseNodeAddress('node', { port: 4001 })).toMatchObject({ port: 4001 })
    expect(parseNodeAddress('/ip4/0.0.0.0/tcp/0', { listen: true })).toMatchObject({ host: '0.0.0.0', port: 0 })
  })

  it('sec/FZ4 10,000 mutations: what is taken prints to what is taken', () => {
    const random = createSeededRandomness(13)
    for (let round = 0; round < 10_000; round++) {
      const typed = mutateText(random.pick(addresses)[0], random)
      const read = valueOrCode(() => parseNodeAddress(typed))
      if ('code' in read) continue
      const again = parseNodeAddress(multiaddrText(read.value))
      expect(multiaddrText(again)).toBe(multiaddrText(read.value))
      expect(knownAddress(again)).toBe(knownAddress(read.value))
      expect(knownAddress(read.value)).not.toMatch(/[\s\p{C}]/u)
    }
  })
})

describe('entries of node lists', () => {
  const { pk } = parseListEntry(peer)

  it('name an identity, and an address where they hold one', () => {
    for (const entry of [peer, ` ${peer}\n`, '0hoWXFyVHzbhhQ6fU+z/kZb8oaN+ligosj2/hzuJn04I=']) {
      expect(parseListEntry(entry)).toEqual({ pk, peer })
    }
    const placed = [
      `/ip4/127.0.0.1/tcp/30300/p2p/${peer}`,
      `enode://${peer}@127.0.0.1:30300`,
      `enode://${toHex(pk)}@127.0.0.1:30300?discport=0&raftport=50400`,
      `enode://${toHex(pk).toUpperCase()}@127.0.0.1:30300`,
    ]
    for (const entry of placed) {
      const read = parseListEntry(entry)
      expect(read).toMatchObject({ pk, peer, address: { typed: entry } })
      expect(multiaddrText(read.address!)).toBe(`/ip4/127.0.0.1/tcp/30300/p2p/${peer}`)
    }
    expect(parseListEntry(`enode://${toHex(pk)}@[::1]:1`).address).toMatchObject({ host: '::1', port: 1 })
    expect(parseListEntry(`enode://${toHex(pk)}@0.0.0.0:30300`)).toEqual({ pk, peer })
    expect(parseListEntry(`enode://${toHex(pk)}@10.0.0.1:0`)).toEqual({ pk, peer })
  })

  it('are refused with the reason, also the sample of the seed', () => {
    const sample = '6598638ac5b15ee386210156a43f565fa8c485924894e2f3a967207c047470'
    expectCode('ERR_KEYS_LENGTH', () => parseListEntry(`enode://${sample}@127.0.0.1:30300`))
    expectCode('ERR_KEYS_KIND', () => parseListEntry(`enode://${'ab'.repeat(64)}@127.0.0.1:30300`))
    expectCode('ERR_INVALID_INPUT', () => parseListEntry('/ip4/127.0.0.1/tcp/1'))
    expectCode('ERR_INVALID_INPUT', () => parseListEntry(`enode://${peer}`))
    expectCode('ERR_INVALID_INPUT', () => parseListEntry(`enode://${peer}@host`))
    expectCode('ERR_INVALID_INPUT', () => parseListEntry(`enode://${peer}@host:1#x`))
    expectCode('ERR_INVALID_INPUT', () => parseListEntry(`/ip4/1.1.1.1/tcp/1/p2p/${peer}/p2p/${otherPeer}`))
    expectCode('ERR_KEYS_KIND', () => parseListEntry('enode://remoteky1@ip1:port1'))
  })

  it('sec/FZ4 10,000 mutations: who is named is spelled in the entry', () => {
    const random = createSeededRandomness(14)
    const entries = [peer, `/dns4/a.example/tcp/1/p2p/${peer}`, `enode://${toHex(pk)}@127.0.0.1:30300?discport=0`]
    for (let round = 0; round < 10_000; round++) {
      const entry = mutateText(random.pick(entries), random)
      const read = valueOrCode(() => parseListEntry(entry))
      if ('code' in read) continue
      expect(read.value.peer).toBe(peerIdText(read.value.pk))
      expect(entry.includes(read.value.peer) || entry.toLowerCase().includes(toHex(read.value.pk))).toBe(true)
    }
  })
})
