// The same stack, made by CDK: each layer a nested stack that includes the built template of that layer.
//
// `node synth.js RELEASE OUT`, with the templates in the folder RELEASE.
const { App, Stack } = require("aws-cdk-lib");
const { CfnModel } = require("aws-cdk-lib/aws-apigateway");
const { CfnInclude } = require("aws-cdk-lib/cloudformation-include");
const fs = require("node:fs");
const path = require("node:path");

const [release, outdir] = process.argv.slice(2);
const file = (name) => path.join(release, `${name}.template.json`);
const root = JSON.parse(fs.readFileSync(file("root"), "utf8"));
const layers = Object.entries(root.Resources).filter(([, made]) => made.Type === "AWS::CloudFormation::Stack");

const app = new App({ outdir });
new CfnInclude(new Stack(app, "Root"), "Template", {
  templateFile: file("root"),
  loadNestedStacks: Object.fromEntries(layers.map(([title]) => [title, { templateFile: file(title.toLowerCase()) }])),
});
// CDK takes a model's schema as an object alone, CloudFormation as JSON in a string too.
for (const model of app.node.findAll().filter((made) => made instanceof CfnModel)) {
  model.schema = JSON.parse(model.schema);
}
app.synth();
