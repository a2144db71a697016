// A CDS Hooks client by @medplum/core, which strangers wrote: it reads discovery, fills the
// prefetch templates from the EHR's FHIR server, calls the services and reports feedback.
// Runs in Node (cds.mjs) and in a browser (tests/foreign/ehr_site.py) alike.
import { ContentType, MedplumClient, buildCdsRequest } from "@medplum/core";
import { SignJWT, importJWK } from "jose";

export async function play({ base, issuer, jwk, fhir, calls }) {
  const ehr = new MedplumClient({
    baseUrl: fhir,
    fhirUrlPath: "fhir",
    cdsServicesUrl: `${base}/cds-services`,
    maxRetries: 0,
  });
  const signed = signer(issuer, await importJWK(jwk, jwk.alg), jwk);
  const { services } = await ehr.getCdsServices(await signed(`${base}/cds-services`));
  const answers = [];
  for (const { hook, user, context, override } of calls) {
    const service = services.find((each) => each.hook === hook);
    const address = `${base}/cds-services/${service.id}`;
    const request = await buildCdsRequest(ehr, user, service, context);
    const { cards } = await ehr.callCdsService(service.id, request, await signed(address));
    const said = override ? cards.map(overridden) : [];
    if (said.length) {
      const place = `${address}/feedback`;
      await ehr.post(place, { feedback: said }, ContentType.JSON, await signed(place));
    }
    answers.push({ hook, prefetched: Object.keys(request.prefetch), cards });
  }
  return { services, answers };
}

function signer(issuer, key, { alg, kid }) {
  return async (audience) => {
    const token = await new SignJWT({})
      .setProtectedHeader({ alg, kid, typ: "JWT" })
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime("5m")
      .setJti(crypto.randomUUID())
      .sign(key);
    return { headers: { Authorization: `Bearer ${token}` }, cache: "no-store" };
  };
}

// What the HL7 sandbox sends: the code and system of the first reason, no display, no comment.
function overridden(card) {
  const [first] = card.overrideReasons ?? [];
  const reason = first && { reason: { code: first.code, system: first.system } };
  return {
    card: card.uuid,
    outcome: "overridden",
    ...(reason && { overrideReason: reason }),
    outcomeTimestamp: new Date().toISOString(),
  };
}
