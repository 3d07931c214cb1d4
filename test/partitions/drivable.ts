import type { Scenario, Step } from '../law/notation.ts'

/** Facts that a daemon does not show, or that daemons change by what they do on their own (rotations after a removal). */
const unseen =
  /changes nothing|holds bundle|rests waits|the rest waits|rotation pending|^same state as|stands$|^node |^epoch /

/** The facts of a line that daemons can be asked for. */
export function visibleFacts({ facts }: Scenario): string[] {
  return facts.filter((fact) => !unseen.test(fact))
}

/** Why a line cannot be driven with honest daemons; undefined where it can. */
export function whyNotDrivable({ id, setup, sides }: Scenario): string | undefined {
  const steps = [...setup, ...sides.flatMap(({ steps: on }) => on)]
  if (id.startsWith('R')) return 'section 2 is no matter of partitions'
  const odd = steps.flatMap(({ unusual }) => unusual).find((what) => !/^(key \d|\d+ times|uses \d+)$/.test(what))
  if (odd !== undefined) return `no honest daemon does this: (${odd})`
  const verb = steps.find(({ verb: one }) => undriven.has(one))?.verb
  if (verb !== undefined) return `daemons do not: ${verb}`
  if (sides.some(({ after }) => after.length > 0) && !isOneFork(sides)) return 'its sides begin at several points'
  const [first = [], ...others] = sides.map(({ steps: on }) => new Set(on.flatMap(actorsOf)))
  const isTwice = others.some((actors, i) => [...actors].some((name) => [first, ...others.slice(0, i)].some((set) => new Set(set).has(name)))) // prettier-ignore
  if (isTwice) return 'one device on two sides: that is a fork, and honest daemons do not'
  return undefined
}

/** `again` is what sync does all the time; a confirmation is authored by daemons on their own. */
const undriven = new Set(['again', 'confirm', 'rotateSwarmKey', 'retireSwarmKey'])

/** Who must be a running daemon for a step: its author, and who joins by an invite. */
export function actorsOf({ author, verb, words }: Step): string[] {
  return verb === 'admit' ? [author, words['device'] ?? ''] : [author]
}

function isOneFork(sides: Scenario['sides']): boolean {
  return sides.filter(({ after }) => after.length > 0).length <= 1 && sides.length === 2
}
