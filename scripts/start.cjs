'use strict'
/**
 * `npm start`: installs and builds what is missing, then a local swarm of three nodes that stays until Ctrl-C.
 * `npm start -- --once`: the same without a terminal, through the story, and down again.
 */
const { prepare } = require('./prepare.cjs')

async function main() {
  const words = process.argv.slice(2)
  const unknown = words.find((word) => word !== '--once')
  if (unknown !== undefined) {
    console.error(`npm start knows --once, not ${unknown}.`)
    return 2
  }
  prepare()
  if (words.length > 0) return (await require('./story/story.cjs').runStory()) ? 0 : 1
  await require('./story/demo.cjs').runDemo()
  return 0
}

main().then(
  (status) => process.exit(status),
  (error) => {
    console.error(error.message)
    process.exit(1)
  },
)
