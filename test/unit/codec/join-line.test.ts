import { describe, expect, it } from 'vitest'
import { formatJoinLine, parseJoinLine, type JoinLine } from '../../../src/codec/index.ts'
import { expectCode, valueOrCode } from '../../helpers/expect-code.ts'
import { mutateText } from '../../helpers/mutate.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

const random = createSeededRandomness(15)
const line: JoinLine = {
  team: random.bytes(32),
  peer: '12D3KooWJsUwwrcHx8nqqBFdwGk3kSNYy1EKoKANnbyTj3jMBjPF',
  addresses: ['/ip4/10.0.0.1/tcp/4001', '/dns4/node.example/tcp/4001'],
  fingerprint: '00112233445566778899aabbccddeeff',
  key: random.bytes(32),
}
const { team: _team, key: _key, ...bare } = line

describe('join lines', () => {
  it('carry what a fresh node needs', () => {
    expect(parseJoinLine(formatJoinLine(line))).toEqual(line)
    expect(parseJoinLine(formatJoinLine(bare))).toEqual(bare)
    expect(formatJoinLine(bare)).toBe(
      `hyrax-join1:/${line.peer}/ip4/10.0.0.1/tcp/4001,/dns4/node.example/tcp/4001?fp=${line.fingerprint}`,
    )
  })

  it('are refused in any other spelling', () => {
    const text = formatJoinLine(bare)
    const broken = [
      '',
      text.replace('join1', 'join2'),
      ` ${text}`,
      `${text}\n`,
      text.replace(/\?.*/, ''),
      text.replace('/ip4', ''),
      text.replace('node.example', 'Node.example'),
      text.replace('10.0.0.1', '0.0.0.0'),
      text.replace(',', `/p2p/${line.peer},`),
      text.replace('hyrax-join1:', 'hyrax-join1:dev_baaa'),
      `${text}&key=AAAA`,
      text.replace(line.fingerprint, line.fingerprint.toUpperCase()),
      formatJoinLine({ ...bare, addresses: new Array<string>(9).fill('/ip4/10.0.0.1/tcp/4001') }),
    ]
    for (const changed of broken) expectCode('ERR_INVALID_INPUT', () => parseJoinLine(changed))
  })

  it('sec/K6 do not repeat the key in an error', () => {
    const text = formatJoinLine(line)
    const error = expectCode('ERR_INVALID_INPUT', () => parseJoinLine(text.replace('10.0.0.1', '10.0.0.256')))
    expect(error.cause).toBe(undefined)
    expect(error.message).not.toContain(text.slice(-20))
  })

  it('sec/FZ4 10,000 mutations: one spelling', () => {
    const texts = [formatJoinLine(line), formatJoinLine(bare)]
    for (let round = 0; round < 10_000; round++) {
      const text = mutateText(random.pick(texts), random)
      const read = valueOrCode(() => parseJoinLine(text))
      if ('value' in read) expect(formatJoinLine(read.value)).toBe(text)
      else expect(read.code).toBe('ERR_INVALID_INPUT')
    }
  })
})
