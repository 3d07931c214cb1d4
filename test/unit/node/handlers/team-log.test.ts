import { expect, it } from 'vitest'
import { limits } from '../../../../src/base/index.ts'
import { createFrameReader, encodeFrame } from '../../../../src/codec/index.ts'
import { logAnswer } from '../../../../src/node/handlers/team-log.ts'
import type { NodeParts } from '../../../../src/node/parts.ts'
import { openKeys } from '../../../../src/keys/index.ts'
import { teamLog, teamView } from '../../../../src/team/index.ts'
import { Scribe } from '../../../helpers/team-scribe.ts'

const scribe = new Scribe(await openKeys())
scribe.found('O')
scribe.add('O', 'A', 'operator')
const replica = scribe.replica('O')

/** The two commands of a team, said again and again, until there are so many. */
function partsWith(count: number, summary: string): NodeParts {
  const entries = teamLog(replica)
  const log = (_: unknown, { from, to }: { from: number; to: number }) =>
    Array.from({ length: to - from }, (_entry, i) => ({ ...entries[(from + i) % 2], depth: from + i, summary }))
  const view = () => ({ ...teamView(replica, scribe.team), count })
  return { teams: { view, log } } as unknown as NodeParts
}

function everything(parts: NodeParts, last?: number): { depths: number[]; sizes: number[] } {
  const depths: number[] = []
  const sizes: number[] = []
  let from: number | undefined
  for (;;) {
    const answer = logAnswer(parts, from === undefined ? { last } : { from })
    depths.push(...answer.commands.map(({ depth }) => depth))
    const frame = encodeFrame({ t: 'response', output: answer }, limits.adminFrameBytesMax)
    expect([...createFrameReader(limits.adminFrameBytesMax).push(frame)]).toHaveLength(1)
    sizes.push(frame.length)
    if (answer.next === null) return { depths, sizes }
    from = answer.next
  }
}

it('a short log is one answer', () => {
  const { depths, sizes } = everything(partsWith(7, 'x'))
  expect([depths, sizes.length]).toEqual([[0, 1, 2, 3, 4, 5, 6], 1])
  expect(everything(partsWith(7, 'x'), 2).depths).toEqual([5, 6])
  expect(everything(partsWith(7, 'x'), 100).depths).toHaveLength(7)
})

it('a long one is as many as it takes, each of which fits a frame', () => {
  // Long rows fill a frame with bytes, short ones with values.
  for (const summary of ['é'.repeat(300), 'x']) {
    const { depths, sizes } = everything(partsWith(5_000, summary))
    expect(depths).toEqual(Array.from({ length: 5_000 }, (_, i) => i))
    expect(sizes.length).toBeGreaterThan(4)
    expect(Math.max(...sizes)).toBeLessThan(limits.adminFrameBytesMax)
  }
})

it('where to go on beyond the end is nothing more', () => {
  expect(logAnswer(partsWith(3, 'x'), { from: 9 })).toMatchObject({ next: null, commands: [] })
})
