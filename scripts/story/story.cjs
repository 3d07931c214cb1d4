'use strict'
/** `npm start -- --once`: walks the story on real processes and says PASS or FAIL of every step. */
const { createPerson } = require('./ax.cjs')
const { createCrew } = require('./crew.cjs')
const { steps } = require('./steps.cjs')
const path = require('node:path')

/** @returns {Promise<boolean>} true where every step passed */
async function runStory() {
  const crew = createCrew()
  const told = []
  const person = (name) => createPerson(name, path.join(crew.directory, `ax-${name}`), (line) => told.push(line))
  const world = { crew, house: person('house'), operator: person('operator'), stranger: person('stranger') }
  world.tell = (line) => told.push(line)
  world.who = world.house
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130))
  const start = Date.now()
  let failed = 0
  try {
    for (const [index, step] of steps.entries()) {
      told.length = 0
      if (!(await walk(index + 1, step, world, told))) failed += 1
      // Later steps stand on the first: without a swarm there is nothing to tell.
      if (failed > 0 && index === 0) break
    }
  } finally {
    await crew.disband()
  }
  const passed = steps.length - failed
  console.log(
    `\nThe story: ${passed} of ${steps.length} steps passed, ${seconds(start)} s, Node.js ${process.versions.node}`,
  )
  return failed === 0
}

async function walk(number, step, world, told) {
  const start = Date.now()
  const label = `${String(number).padStart(2)}  ${step.title}`
  try {
    const note = await step.run(world)
    console.log(`PASS ${label} (${seconds(start)} s)${note ? `: ${note}` : ''}`)
    for (const line of told) console.log(`         ${line}`)
    return true
  } catch (error) {
    console.log(`FAIL ${label} (${seconds(start)} s)\n         ${error.message.replaceAll('\n', '\n         ')}`)
    for (const line of told) console.log(`         ${line}`)
    return false
  }
}

const seconds = (start) => ((Date.now() - start) / 1000).toFixed(1)

module.exports = { runStory }
