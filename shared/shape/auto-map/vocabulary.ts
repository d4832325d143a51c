/**
 * What business fields are called, in English and some German. A line is `concept: name, name, …`; names are written as the words that
 * remain after a field name is split (`zipCode` → `zip code`), without umlauts. The concept's own word counts as a name too.
 */

/** What tells a field apart on its own: an email, a city, a tax. */
const attributes = `
firstname: first name, given name, forename, fname, vorname, christian name
lastname: last name, family name, surname, lname, nachname, familienname, sur name
middlename: middle name, second name, zweiter vorname
fullname: full name, display name, formatted name, complete name, formatted, vollstaendiger name, person name
nickname: nick name, preferred name, alias, rufname, spitzname
salutation: anrede, honorific prefix, honorific, name prefix
email: e mail, mail, email address, mail address, e mail address, email id, mailadresse
phone: telephone, tel, phone number, telefon, telefonnummer, fon, telephone number, phone no, telefonnr, rufnummer
mobile: cell, cellphone, mobile phone, handy, mobile number, cell phone, mobil, mobiltelefon, mobilnummer, handynummer, gsm
fax: fax number, telefax, faxnummer, facsimile
street: address line 1, address 1, addr 1, strasse, street name, street 1, street line, street address, line 1, address line, street line 1, anschrift 1, str
street2: address line 2, address 2, addr 2, street 2, adresszusatz, line 2, address supplement, street line 2, address extra
housenumber: house number, house no, building number, hausnummer, hausnr
city: town, ort, stadt, locality, city name, town name, wohnort, municipality
zip: zip code, postal code, postcode, post code, plz, postleitzahl, postal, zipcode, postalcode
state: province, bundesland, county, province name, state or province, state or region, region, state name
statecode: province code, state code, region code
country: land, country name, nation, ctry, cntry, staat
countrycode: country code, iso country, country iso, country iso 2, land code, laendercode, country iso code, laenderkennzeichen
company: firma, organisation, organization, company name, business name, org, legal name, firm, unternehmen, firmenname, org name, organization name, employer, arbeitgeber
department: dept, abteilung
vatid: vat id, vat number, vat no, tax id, tax number, ust id, ustid, tax no, vat registration number, umsatzsteuer id, steuernummer, tin, ust id nr, vat reg no, ust idnr, ustidnr
tax: vat, mwst, ust, mehrwertsteuer, umsatzsteuer, steuer, gst
rate: percent, percentage, pct, satz, prozent, prozentsatz
quantity: qty, menge, pieces, stueck, stueckzahl, qnty, pcs, anzahl, units ordered, units
count: number of, num of, cnt
price: preis
unitprice: unit price, einzelpreis, price per unit, unit amount, stueckpreis, item price, price each, net price, unit cost, rate per unit
linetotal: line total, line amount, gesamtpreis, positionsbetrag, extended price, line value, row total, zeilensumme, extended amount, line sum
subtotal: sub total, zwischensumme, warenwert
net: netto
gross: brutto
discount: rabatt, reduction, rebate, nachlass, skonto, allowance
currency: ccy, curr, waehrung, currency code, currency iso, iso currency, waehrungscode
freight: shipping total, shipping cost, shipping costs, porto, versandkosten, freight cost, shipping fee, shipping charge, shipping price, delivery fee, delivery cost, shipping amount
coupon: voucher, gutschein, promo code, coupon code, discount code, voucher code, promotion code, gutscheincode
priority: prio, urgency, dringlichkeit, prioritaet, severity
language: lang, locale, sprache, language code, culture
image: picture, img, photo, bild, pic, foto
filename: file name, dateiname
mimetype: mime type, content type, media type
website: web site, homepage, webseite, web page
weight: wgt, gewicht, wt
length: laenge
width: breite
height: hoehe
volume: volumen
unit: uom, einheit, unit of measure, measure unit, unit code, mengeneinheit, base unit, base uom
color: colour, farbe
size: groesse
brand: marke, brand name
manufacturer: hersteller, mfr, maker, producer
sku: item number, item no, item code, article number, article no, artikelnummer, product code, material number, part number, part no, product number, stock code, article code, matnr, artikelnr, articleno, itemno, artnr, materialnummer, product no, material no
productid: product id, item id, article id, produkt id
gtin: ean, upc, barcode, ean 13, gtin 13, ean code, isbn
mpn: manufacturer part number, manufacturer part no, mfr part no, mfr part number
hscode: hs code, commodity code, tariff number, customs tariff number, customs code, hts code, zolltarifnummer, tariff code
origincountry: country of origin, origin country, manufacturer country, ursprungsland, made in
stock: inventory, on hand, available quantity, bestand, lagerbestand, inventory quantity, stock level, stock quantity, quantity on hand
iban: bank account number, account iban
bic: swift, swift code, bic code
birthdate: birth date, date of birth, dob, birthday, geburtsdatum, geburtstag
gender: sex, geschlecht
optin: opt in, newsletter, accepts marketing, marketing consent, subscribed, newsletter opt in, marketing opt in, email opt in, consent, newsletter subscribed
optout: opt out, unsubscribed, opted out
jobtitle: job title, job, stellenbezeichnung, position title, job position, berufsbezeichnung
costcenter: cost center, cost centre, kostenstelle
batch: lot, lot number, batch number, chargennummer
serialnumber: serial number, serial no, serial, seriennummer
tracking: tracking number, tracking no, sendungsnummer, tracking code, tracking id
ponumber: purchase order number, po number, customer order number, purchase order no, po no, customer po, po, purchase order, kundenbestellnummer
createdat: created at, creation date, created, creation time, date created, created on, create date, created date, erstellt am, erstelldatum, erstellt, angelegt am, creation date time, inserted at, create time
updatedat: updated at, modified at, updated, modified, last modified, last changed, changed at, update date, date modified, date updated, geaendert am, aenderungsdatum, last update, last updated, updated on, modified on, changed on
orderdate: order date, auftragsdatum, bestelldatum, date ordered, ordered at, ordered on, purchase date, placed at, placed on, order time, order created at, purchased at
duedate: due date, due at, due on, faelligkeitsdatum, faellig am, deadline, due, pay by, faelligkeit
shipdate: delivery date, ship date, lieferdatum, shipping date, shipped at, delivered at, requested delivery date, ship by, ship by date, dispatch date, versanddatum, liefertermin, delivery at, delivered on, shipped on
invoicedate: invoice date, rechnungsdatum, bill date, invoiced at, billing date
paidat: paid at, date paid, paid on, payment date, bezahlt am, zahlungsdatum
signupdate: signup date, sign up date, registered at, registration date, member since, joined at, customer since, signup, sign up, joined on, signed up at, registered on
startdate: start date, hire date, join date, eintrittsdatum, valid from, gueltig ab, startdatum, entry date, begin date, from date, started at, starts at, begin
enddate: end date, termination date, exit date, austrittsdatum, valid until, valid to, gueltig bis, enddatum, leave date, ended at, ends at
arrivaldate: arrival date, check in, checkin, arrival, check in date, ankunft, anreise
departuredate: departure date, check out, checkout, departure, check out date, abreise
expirydate: expiration date, expiry date, expires at, expires, expiration, best before, mhd, ablaufdatum
paymentterm: payment terms, payment days, net days, zahlungsziel, payment term, terms of payment, zahlungsbedingung
username: user name, login, login name, benutzername, user id, account name
password: passwort, kennwort, pwd
method: methode, verfahren
incoterm: incoterms, lieferbedingung
service: service level, service type
`;

/** What only means something together with what it belongs to: the number of an order, the name of a product. */
const generics = `
id: identifier, ident, guid, uuid, uid, kennung, key
number: no, nr, num, nummer, nbr
code: cd, schluessel, kuerzel
name: nm
date: datum, at, on, dt, time, timestamp, ts, date time, date and time, zeit, zeitpunkt, datetime, day
amount: amt, betrag, summe, sum
total: grand total, gesamt, gesamtbetrag, ttl, tot, endbetrag, gesamtsumme
value: wert, val
type: typ, kind, art, class
status: zustand, stage
description: desc, beschreibung, descr, long text, langtext, bezeichnung, item text, text long, details
title: headline, titel, caption
subject: summary, betreff, short description, kurztext, short text, topic
text: body, content, message, inhalt, nachricht
comment: note, remark, bemerkung, notiz, anmerkung, kommentar, memo, hinweis, annotation
reference: ref, referenz, verweis
url: link, uri, href
level: lvl, grade, stufe
category: kategorie, warengruppe
index: sequence, seq, ordinal, rank
`;

/** Things that have attributes. */
const entities = `
order: auftrag, bestellung, sales order, bestell, purchase
invoice: rechnung, inv, faktura
customer: client, kunde, buyer, cust, purchaser, sold to, soldto, kaeufer, shopper, besteller, consumer, auftraggeber
supplier: vendor, lieferant, seller, creditor, kreditor, payee, beneficiary, verkaeufer
debtor: payer, ordering party, remitter
shipping: ship, ship to, shipto, delivery, deliver to, lieferung, liefer, versand, consignee, recipient, receiver, empfaenger, shipment, dispatch, destination, deliver, lieferadresse, delivery party, ship to party
billing: bill to, billto, invoice address, invoice to, rechnungsadresse, invoice recipient, bill, bill to party, rechnungsempfaenger
sender: shipper, ship from, shipfrom, absender, pickup, pick up
product: item, article, artikel, produkt, material, goods, ware
line: position, pos, row, zeile, line item, order item, order line, basket item, cart item, document line, auftragsposition, basket, cart, warenkorb
payment: zahlung, pay
ticket: case, issue, incident
employee: personnel, staff, mitarbeiter, worker, emp, personal
manager: supervisor, boss, vorgesetzter, reports to
contact: person, ansprechpartner, kontakt
address: adresse, addr, anschrift
warehouse: whse, wh, lager, storage location, lagerort, depot
carrier: forwarder, spediteur, courier, frachtfuehrer
parcel: package, packet, paket, carton, colli, pkg
requester: reporter, caller, melder, submitter
assignee: agent, bearbeiter, assigned to, owner
author: created by, verfasser, author name
tag: label, keyword, schlagwort
file: attachment, anhang, datei
document: doc, beleg, dokument
transaction: txn, buchung, booking
bank: kreditinstitut
follower: watcher, subscriber
deliverynote: delivery note, lieferschein, packing slip, dispatch note
skill: competence, faehigkeit
channel: kanal
account: konto
project: projekt
user: benutzer
team: group, gruppe
location: standort, site
`;

/** Words that say next to nothing. */
const fillerWords =
  'info information data detail the of and for a in by is has to with field value header root main primary default record object entry list array ' +
  'mailing current requested planned latest own new attribute element global general external ext foreign html web full raw und der die das von am im party address adresse';

/** How much of a field's meaning a concept of this class carries, and so how much its absence on the other side counts. */
export type ConceptClass = 'attribute' | 'generic' | 'entity' | 'word' | 'filler';

/** Every known name, as words joined by a blank, to its concept. */
export const concepts: ReadonlyMap<string, string> = new Map(
  [attributes, generics, entities]
    .flatMap(linesOf)
    .flatMap(([concept, names]) => [concept, ...names].map((name) => [name, concept] as const)),
);

const classes: ReadonlyMap<string, ConceptClass> = new Map([
  ...linesOf(attributes).map(([concept]) => [concept, 'attribute'] as const),
  ...linesOf(generics).map(([concept]) => [concept, 'generic'] as const),
  ...linesOf(entities).map(([concept]) => [concept, 'entity'] as const),
]);

const fillers: ReadonlySet<string> = new Set(fillerWords.split(' '));

/** The class of a concept; words outside the vocabulary are `word`. */
export function classOf(concept: string): ConceptClass {
  return classes.get(concept) ?? (fillers.has(concept) ? 'filler' : 'word');
}

/** True for words that say next to nothing, even where they are a concept too (`address`). */
export function isFiller(word: string): boolean {
  return fillers.has(word);
}

/** Single words of the vocabulary, of which compounds such as `auftragsnummer` are made. */
export const words: ReadonlySet<string> = new Set([...concepts.keys()].flatMap((name) => name.split(' ')));

/** Concepts that are near, and how near (0 to 1). */
const nearness = new Map<string, Map<string, number>>();
for (const line of `
id number .82; id code .75; number code .75; id reference .6; number reference .68; code reference .5; name title .78; name description .5
name text .5; title subject .85; title description .55; title text .5; subject name .6; subject description .6; subject text .55; subject comment .45
description text .85; description comment .65; comment text .75; amount total .85; amount value .85; total value .75; price amount .72
unitprice price .93; unitprice amount .68; linetotal total .88; linetotal amount .82; linetotal subtotal .75; linetotal price .45
subtotal net .8; gross total .8; quantity count .7; quantity stock .62; quantity amount .5; phone mobile .72; state statecode .88
country countrycode .92; createdat date .72; createdat orderdate .86; createdat signupdate .6; orderdate date .82; invoicedate date .8
shipdate date .5; updatedat date .5; invoicedate createdat .65; type category .75; status state .5; status level .4; url website .85
sku productid .85; sku mpn .72; sku gtin .5; brand manufacturer .7; fullname name .9; company name .72; title jobtitle .82; title salutation .7
fullname nickname .5; ponumber reference .7; filename name .75; image url .6; username email .45; username name .62; debtor billing .8; debtor customer .7; reference name .3
enddate expirydate .6; arrivaldate startdate .75; departuredate enddate .75; tracking number .5; discount coupon .4; customer contact .6; customer user .6; contact user .6; 
customer requester .6; ticket document .4; order document .55; invoice document .6; line product .75; billing customer .55; address location .5
payment transaction .6; parcel shipping .4; company customer .4; assignee user .4; debtor account .4; paymentterm duedate .4; birthdate date .3
duedate date .4; expirydate date .3; startdate date .4; enddate date .3; billing invoice .6; size volume .3; costcenter department .3
`.split(/[;\n]/)) {
  const [a, b, how] = line.trim().split(' ');
  if (!a || !b || !how) continue;
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const)
    nearness.set(one, (nearness.get(one) ?? new Map<string, number>()).set(other, Number(how)));
}

/** How near two concepts are: 1 for the same, 0 for nothing known. */
export function nearnessOf(a: string, b: string): number {
  return a === b ? 1 : (nearness.get(a)?.get(b) ?? 0);
}

/** Groups in which one member excludes the others: a billing city is no shipping city. */
const exclusive: readonly (readonly string[])[] = [
  ['billing', 'shipping', 'sender', 'supplier', 'manager', 'assignee', 'warehouse', 'carrier'],
  ['customer', 'supplier', 'sender', 'product', 'carrier', 'warehouse', 'manager', 'assignee', 'employee', 'bank'],
  ['supplier', 'debtor', 'customer'],
  ['product', 'company'],
  ['requester', 'assignee', 'author', 'manager'],
  ['net', 'gross', 'tax', 'discount', 'freight'],
  ['rate', 'amount'],
  ['rate', 'total'],
  ['invoice', 'order', 'shipping', 'payment'],
  ['first', 'last'],
  ['min', 'max'],
  ['start', 'end'],
  ['old', 'new'],
  ['public', 'private', 'internal'],
  ['private', 'work'],
  ['list', 'sale', 'promo'],
  ['in', 'out'],
];

const excluded: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  exclusive.flat().map((concept) => [concept, new Set(exclusive.filter((group) => group.includes(concept)).flat())] as const),
);

/** True when the two concepts exclude each other. */
export function excludes(a: string, b: string): boolean {
  return a !== b && (excluded.get(a)?.has(b) ?? false);
}

function linesOf(table: string): [string, string[]][] {
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [concept = '', names = ''] = line.split(': ');
      return [concept.trim(), names.split(',').map((name) => name.trim())];
    });
}
