import { limits } from '../../base/index.ts'
import { utf8 } from '../../codec/index.ts'
import type { OperationOutput, OperationRequest } from '../../operations/index.ts'
import { isoTime, type NodeParts } from '../parts.ts'

/** Bytes of commands in one answer; the frame holds more than them. */
const answerBytesMax = (limits.adminFrameBytesMax * 3) / 4
/** Values in one answer: who reads it takes so many in a frame, and a few are around the rows. */
const answerValuesMax = limits.cborElementsMax - 100
/** Commands that are described at a time. */
const partMax = 100

type Answer = OperationOutput<'teams.log'>

/** As much of a team's log as one answer holds, and where to go on. */
export function logAnswer({ teams }: NodeParts, { team, last, from }: OperationRequest<'teams.log'>): Answer {
  const { id, count } = teams.view(team)
  const commands: Answer['commands'] = []
  let [bytes, values] = [0, 0]
  let at = from ?? Math.max(0, count - (last ?? count))
  while (at < count) {
    for (const entry of teams.log(team, { from: at, to: Math.min(count, at + partMax) })) {
      const row = rowOf(entry)
      bytes += utf8(JSON.stringify(row)).length
      values += 1 + Object.keys(row).length + row.parents.length
      const isFull = bytes > answerBytesMax || values > answerValuesMax
      if (isFull && commands.length > 0) return { team: id, next: at, commands }
      commands.push(row)
      at++
    }
  }
  return { team: id, next: null, commands }
}

function rowOf(entry: ReturnType<NodeParts['teams']['log']>[number]): Answer['commands'][number] {
  const { id, time, standing, parents, ...rest } = entry
  return { ...rest, command: id, at: isoTime(time), parents: [...parents], verdict: standing }
}
