// Reads {"records": {name: text}, "messages": [base64]}; writes for each message the selectors whose signature holds.
'use strict';

const { dkimVerify } = require('mailauth/lib/dkim/verify');

async function main() {
    const chunks = [];
    for await (const chunk of process.stdin) {
        chunks.push(chunk);
    }
    const { records, messages } = JSON.parse(Buffer.concat(chunks).toString());
    const resolver = async name => {
        if (records[name] === undefined) {
            throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
        }
        return [[records[name]]];
    };
    const answers = [];
    for (const message of messages) {
        const { results } = await dkimVerify(Buffer.from(message, 'base64'), { resolver });
        answers.push(results.filter(one => one.status.result === 'pass').map(one => one.selector));
    }
    process.stdout.write(JSON.stringify(answers));
}

main().catch(error => {
    console.error(error);
    process.exitCode = 1;
});
