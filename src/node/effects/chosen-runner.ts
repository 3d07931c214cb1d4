import { fail } from '../../base/index.ts'
import { idText } from '../../codec/index.ts'
import type { TeamRunner } from './team-runner.ts'

/**
 * The team that is meant: by its id, its name, or a unique prefix of its id; the only one where none is named.
 * ERR_TEAM_UNKNOWN_TEAM, ERR_TEAM_AMBIGUOUS.
 */
export function chosenRunner(runners: readonly TeamRunner[], text: string | undefined): TeamRunner {
  const [first] = runners
  if (text === undefined) {
    if (first === undefined) throw fail('ERR_TEAM_UNKNOWN_TEAM', { team: '(none is kept)' })
    if (runners.length > 1) throw fail('ERR_TEAM_AMBIGUOUS', { text: '(no team named)', what: 'team' })
    return first
  }
  const exact = runners.find(({ team }) => idText('team', team) === text)
  if (exact !== undefined) return exact
  const fitting = runners.filter(
    ({ team, replica }) => replica.state.name === text || (text.length >= 8 && idText('team', team).startsWith(text)),
  )
  const [found] = fitting
  if (fitting.length > 1) throw fail('ERR_TEAM_AMBIGUOUS', { text, what: 'team' })
  if (found === undefined) throw fail('ERR_TEAM_UNKNOWN_TEAM', { team: text })
  return found
}
