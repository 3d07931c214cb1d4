'use strict'
/** `npm run build`: the library with its types in dist/, the bundles of ax and axd in dist/bin. */
const { prepare, runTool } = require('./prepare.cjs')

prepare()
process.exitCode = runTool('typescript', ['-p', 'tsconfig.build.json'])
