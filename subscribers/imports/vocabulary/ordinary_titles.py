"""How people and programs of many languages say that somebody left, and what their ordinary columns are called.

Facts only. A phrase is looked for where a word begins; in scripts that join words or write none apart, anywhere.
"""

from subscribers.imports.vocabulary.speech import Speech, phrases

_PROPER = (
    "company, companies, organisation, organization, org name, employer, business, firm, firma, firmen, "
    "unternehmen, entreprise, société, societe, empresa, azienda, società, bedrijf, firmy, företag, virksomhed, "
    "bedrift, yritys, společnost, spoločnosť, cég, companie, şirket, kurum, tvrtka, podjetje, εταιρεία, εταιρία, "
    "компания, организация, компанія, організація, фирма, شرکت, سازمان, موسسه, الشركة, شركة, חברה, ארגון, 公司, "
    "单位, 單位, 会社, 勤務先, 所属, 組織, 회사, 직장, 소속, công ty, tổ chức, perusahaan, instansi, organisasi, "
    "कंपनी, संगठन, บริษัท, city, town, village, ort, stadt, wohnort, ville, commune, ciudad, población, localidad, "
    "città, comune, cidade, município, stad, plaats, woonplaats, miasto, miejscowość, kommun, kaupunki, "
    "paikkakunta, město, obec, mesto, város, település, oraș, localitate, şehir, ilçe, grad, πόλη, город, місто, "
    "град, شهر, استان, المدينة, مدينة, עיר, יישוב, 城市, 市区町村, 都市, 도시, 시군구, thành phố, tỉnh, kota, "
    "kabupaten, provinsi, शहर, राज्य, जिला, เมือง, จังหวัด, country, land, pays, país, paese, kraj, maa, země, "
    "krajina, ország, țară, ülke, država, χώρα, страна, країна, державa, کشور, الدولة, دولة, بلد, מדינה, ארץ, 国家, "
    "國家, 国, 国籍, 都道府県, 国名, 국가, 나라, quốc gia, negara, देश, ประเทศ, street, strasse, str, rue, calle, "
    "domicilio, dirección, via, indirizzo, rua, endereço, straat, ulica, adres, gata, gade, gate, katu, osoite, "
    "utca, cím, lakcím, adresa, stradă, strada, sokak, mahalle, διεύθυνση, улица, адрес, вулиця, адреса, خیابان, "
    "نشانی, آدرس, العنوان, عنوان, רחוב, כתובת, 地址, 住所, 番地, 住址, 주소, địa chỉ, alamat, पता, ที่อยู่, "
    "address, adresse, anschrift, region, région, región, regione, bundesland, kanton, canton, departement, "
    "département, provincia, province, county, district, bezirk, область, район, bölge, منطقه, المنطقة, אזור, 地区, "
    "地區, 省份, 省, 市, 区, 地域, 지역, khu vực, wilayah, job, position, occupation, profession, role, rolle, "
    "beruf, funktion, métier, fonction, poste, cargo, puesto, ocupación, professione, ruolo, mansione, profissão, "
    "functie, beroep, stanowisko, zawód, yrke, stilling, erhverv, tehtävä, ammatti, nimike, povolání, pozice, "
    "foglalkozás, beosztás, funcție, profesie, meslek, görev, unvan, zanimanje, επάγγελμα, должность, профессия, "
    "посада, професія, длъжност, شغل, سمت, حرفه, الوظيفة, وظيفة, المهنة, תפקיד, מקצוע, 职位, 職位, 职业, 職業, "
    "役職, 肩書, 職種, 직업, 직책, 직위, 직급, nghề, chức vụ, pekerjaan, jabatan, पेशा, पद, व्यवसाय, อาชีพ, "
    "ตำแหน่ง, department, abteilung, service, departamento, reparto, afdeling, dział, avdelning, avdeling, osasto, "
    "oddělení, osztály, bölüm, отдел, відділ, بخش, واحد, القسم, מחלקה, 部门, 部門, 部署, 부서, phòng ban, "
    "departemen, विभाग, แผนก, team, division, office, branch, industry, branche, sector, school, schule, école, "
    "escuela, scuola, universit, uczelnia, skola, koulu, škola, iskola, okul, школа, مدرسه, دانشگاه, جامعة, 学校, "
    "大学, 학교, trường, sekolah, product, middle name, nickname, maiden, name, vorname, nachname, spitzname, nom, "
    "nombre, nome, naam, imię, namn, navn, nimi, jméno, meno, név, prenume, nume, isim, ime, όνομα, επώνυμο, имя, "
    "отчество, ім я, прізвище, име, نام, الاسم, اسم, שם, 姓, 名, 氏, フリガナ, ふりがな, カナ, 이름, 성명, họ, tên, "
    "nama, नाम, उपनाम, ชื่อ, นามสกุล"
)
"""Titles over proper names, places and trades: a town or a firm may be called anything."""
PROPER = Speech(_PROPER)

_ORDINARY_WORDS = """
    age, id, ids, uid, uuid, guid, ip, nr, num, key, ref, code, row, index, url, web, www, site, blog, lat, lng, geo,
    zip, plz, cp, cap, tel, cell, gsm, sex, m f, dob, born, tag, tags, label, labels, title, prefix, suffix, note,
    notes, size, seat, table, list, lists, plan, tier, price, paid, total, sum, rank, score, level, points, stars,
    vip, vips, press, staff, guest, guests, speaker, rsvp, diet, vegan, bio, photo, avatar, image, owner, rep, agent,
    lead, client, donor, donors, gift, gifts, cat, dog, car, kids, pet, pets, tax, vat, iban, bic, gclid, utm, sku,
    qty, amount, value, ltv, aov, sms, fax, birth, bday, year, class, grade, topic, topics, interest, interests,
    theme, segment, segments, group, groups, category, categories, source, origin, medium, channel, referrer,
    referral, via, since, seit, depuis, desde, dal, sinds, od, start, started, begin, beginn, first, created, added,
    imported, updated, modified, changed, edited, synced, joined, rating, opens, clicks, sent, sends, sessions,
    visits, orders, order, count, number, lang, month, monat, mois, mes, mese, miesiąc, månad, måned, měsíc, langue,
    taal, dil, locale, timezone, tz, currency, hash, leid, euid, uri, slug, name, alias, geschlecht, anrede, titel,
    alter, quelle, herkunft, notiz, notizen, sprache, genre, sexe, âge, civilité, sexo, edad, origen, notas, nota,
    etiquetas, etiqueta, idioma, sesso, età, eta, fonte, lingua, idade, origem, geslacht, leeftijd, bron, opmerking,
    opmerkingen, aanhef, płeć, wiek, źródło, uwagi, notatki, tagi, kön, kjønn, køn, ålder, alder, källa, kilde,
    anteckning, sukupuoli, ikä, lähde, pohlaví, věk, zdroj, poznámka, pohlavie, vek, neme, kor, forrás, megjegyzés,
    címke, vârstă, sursa, observații, cinsiyet, yaş, kaynak, etiket, spol, izvor, napomena, φύλο, ηλικία, πηγή, пол,
    возраст, источник, заметки, метка, метки, теги, тег, стать, вік, джерело, нотатки, мітки, възраст, източник,
    бележки, usia, umur, sumber, catatan, tuổi, nguồn, ghi chú
"""
_ORDINARY = """
    phone, telefon, téléphone, telephone, teléfono, telefono, telefone, telefoon, mobile, mobil, móvil, movil, handy,
    portable, cellulare, celular, komórk, puhelin, matkapuhelin, telefón, cep tel, τηλέφωνο, κινητό, телефон, мобильн,
    мобільн, تلفن, موبایل, همراه, شماره, الهاتف, هاتف, جوال, رقم, טלפון, נייד, 电话, 電話, 手机, 手機, 携帯, 전화,
    휴대폰, 연락처, điện thoại, telepon, ponsel, फ़ोन, फोन, मोबाइल, โทรศัพท์, มือถือ, whatsapp, viber, telegram,
    birth, birthday, geburt, naissance, anniversaire, anniversary, cumpleaños, nacimiento, nascita, compleanno,
    nascimento, aniversári, geboorte, verjaardag, urodz, födelse, fødsel, syntym, narozen, naroden, születés, nașter,
    doğum, rođen, rojst, γέννησ, γενέθλια, рожден, народж, тولد, تولد, الميلاد, ميلاد, לידה, 生日, 出生, 生年月日,
    誕生, 생년월일, 생일, ngày sinh, sinh nhật, lahir, ulang tahun, जन्म, วันเกิด, jahrgang, gender, pronoun,
    salutation, honorific, nationality, citizenship, household, marital, married, civil, تأهل, تاهل, семейное, сімейн,
    婚姻, 婚, 결혼, familienstand, situation familiale, estado civil, stato civile, relationship, spouse, partner,
    children, child, kinder, enfants, hijos, figli, allerg, dietar, vegetar, t shirt, shirt, colour, color, shoe,
    religion, passport, smoker, hobby, hobbies, interess, intérêt, intereses, interesse, thema, thème, temas, temi,
    علاقه, موضوع, اهتمام, 兴趣, 興味, 관심, جنسیت, الجنس, מין, גיל, سن, العمر, 性别, 性別, 年龄, 年齡, 年齢, 성별,
    나이, 연령, giới tính, jenis kelamin, लिंग, आयु, उम्र, เพศ, อายุ, note, notiz, bemerk, anmerk, kommentar, comment,
    remark, remarque, commentaire, observac, observaç, commenti, osservaz, annotaz, komentarz, kommentti,
    muistiinpano, açıklama, yorum, σημειώσ, σχόλι, замет, примеч, коммент, приміт, комент, یادداشت, توضیح, ملاحظات,
    ملاحظة, תעליק, הערות, הערה, 备注, 備註, 備考, メモ, コメント, 메모, 비고, ghi chú, catatan, टिप्पणी, नोट,
    หมายเหตุ, description, beschreibung, message, question, answer, tag, tags, schlagw, étiquette, برچسب, وسم, علامات,
    תגית, 标签, 標籤, タグ, ラベル, 태그, nhãn, thẻ, टैग, แท็ก, gruppe, groupe, grupo, gruppo, groep, grupa, ryhmä,
    skupin, csoport, grup, группа, група, گروه, المجموعة, קבוצה, 分组, 群组, グループ, 그룹, nhóm, समूह, กลุ่ม,
    kategori, catégorie, categor, категор, دسته, الفئة, 类别, 分类, カテゴリ, 분류, klasse, classe, source, quelle,
    herkunft, lead source, origin, fuente, provenienza, منبع, المصدر, מקור, 来源, 來源, 経路, 流入, 출처, 경로, nguồn,
    स्रोत, แหล่ง, referr, utm, campaign source, sign up, signup, signed up, sign in, login, logged in, register,
    registr, enrol, inscription date, anmeldedatum, angemeldet am, anmeldung, eintritt, beitritt, eingetragen,
    aufnahme, date d inscription, date inscription, inscripción, alta, fecha de alta, iscrizione, data iscrizione,
    inscrição, cadastro, inschrijf, aanmeld, zapisu, data zapisu, rejestrac, dołącz, registrering, tilmeld, innmeld,
    oprett, opprett, skapad, liittym, rekister, přihláš, registrac, vytvořen, prihlás, feliratkoz, regisztr,
    csatlakoz, abonare, înscri, kayıt, katılım, üyelik tarihi, prijav, učlan, εγγραφή, εγγραφής, регистрац, вступл,
    подписки, дата подписки, реєстрац, підписки, вступу, добавлен, дата добавления, создан, створен, عضویت از,
    تاریخ عضویت, تاریخ ثبت, ثبت نام, تاریخ ایجاد, تاریخ اشتراک, التسجيل, تاريخ التسجيل, تاريخ الاشتراك, الانضمام,
    תאריך הרשמה, הרשמה, הצטרפות, 注册, 註冊, 订阅时间, 订阅日期, 訂閱時間, 加入, 创建, 創建, 登録日, 登録, 入会,
    作成日, 가입, 등록, 생성일, 구독일, đăng ký, tham gia, ngày tạo, daftar, bergabung, dibuat, पंजीकरण, सदस्यता तिथि,
    शामिल, สมัคร, ลงทะเบียน, subscribe date, subscribed, subscription start, join, member since, customer since,
    last open, last click, last login, last visit, last seen, last activ, last order, last purchase, last contact,
    last donat, last gift, last paid, last pay, last email, last sent, last update, last change, last modif,
    last engag, last name, last session, last event, last respon, last viewed, last interact, letzte, letzter,
    dernier, dernière, última, último, ultima, ultimo, laatste, ostatni, sista, seneste, siste, viimeisin, poslední,
    utolsó, son giriş, последн, останн, آخرین, آخر, 最后, 最後, 最終, 최근, 마지막, lần cuối, terakhir, अंतिम बार,
    opened, clicked, seen, viewed, purchas, bought, order, bestell, kaufdat, kauf, commande, achat, pedido, compra,
    ordine, acquisto, zamówien, bestelling, köp, køb, kjøp, tilaus nro, objednáv, rendelés, comandă, sipariş, narudžb,
    παραγγελ, заказ, покуп, замовл, سفارش, خرید, الطلب, طلب, הזמנה, 订单, 訂單, 购买, 購買, 注文, 購入, 주문, 구매,
    đơn hàng, mua, pesanan, pembelian, ऑर्डर, खरीद, สั่งซื้อ, คำสั่งซื้อ, payment, paid, invoice, rechnung, zahlung,
    facture, paiement, factura, pago, fattura, pagamento, factuur, betaling, faktura, płatność, платёж, платеж, оплат,
    پرداخت, الدفع, תשלום, 付款, 支付, 支払, 결제, thanh toán, pembayaran, भुगतान, donat, spende, spent, revenue,
    umsatz, shipping, shipment, fulfil, delivery address, price, stripe, currency, plan, attend, event, veranstaltung,
    ticket, workshop, webinar, conference, course, kurs, volunteer, ehrenamt, bénévole, voluntari, employee,
    mitarbeiter, employment, customer, kunde, kunden, client, cliente, klant, klient, asiakas, zákazn, ügyfél,
    müşteri, клиент, клієнт, مشتری, عميل, العميل, לקוח, 客户, 客戶, 顧客, 고객, khách hàng, pelanggan, ग्राहक, ลูกค้า,
    lead status, deal, ticket status, visa, student, account owner, wholesale, loyalty, newsletter id, website,
    linkedin, twitter, facebook, instagram, github, postal, postcode, post code, postleitzahl, code postal,
    codice postale, código postal, kod pocztowy, postnummer, postinumero, psč, irányítószám, posta kodu, индекс,
    індекс, کد پستی, کدپستی, الرمز, מיקוד, 邮编, 郵遞, 郵便, 우편, mã bưu, kode pos, पिन, ไปรษณีย์, number of,
    count of, nummer, numéro, número, numero, numer, номер, 编号, 編號, 番号, 번호, mã số, nomor, संख्या, หมายเลข,
    序号, 连番, ردیف, کد, شناسه, member id, member number, mitgliedsnummer, member rating, custom, avg, average,
    email client, device, browser, open rate, click rate, bonus, discount, coupon, shop, language, sprach, idiom,
    språk, kieli, jazyk, nyelv, limba, jezik, γλώσσα, язык, мова, език, زبان, اللغة, שפה, 语言, 語言, 言語, 언어,
    ngôn ngữ, bahasa, भाषा, ภาษา, first payment, first order, first seen, next, birthday club, photo, consent source,
    waiver, badge, connected, invited, invite, refer, met on, met at, meeting, interview, hire, hired, prospect,
    supporter, voter, check in, checked in, arriv, submit, priority, private, sensitivity, initial, keyword, mileage,
    billing, account id, account name, account number, account manager, admin, moderator, wedding, hochzeit, graduat,
    admission, has app, speaks, trial start, renewal, ward, precinct, created, creation, création, créé, créée,
    creación, creado, creada, creazione, creato, criação, criado, erstellt, geändert, aktualisiert, modifi,
    aangemaakt, gewijzigd, utworz, zmian, zmodyfik, ændret, endret, ändrad, uppdater, oppdater, opdater, luotu,
    muokattu, upraven, zmenen, aktualiz, módos, létrehoz, creat, oluştur, güncelle, stvoren, δημιουργ, ενημερ, измен,
    обновл, змінен, оновл, променен, timestamp, zeitstempel, horodat, marca temporal, alumn, trustee, betald, betalt,
    kund, educat, ausbildung, éducation, estudios, studi, образован, освіт, تحصیل, رشته, تعليم, השכלה, 学历, 學歷,
    专业, 專業, 学歴, 専攻, 학력, 전공, 취미, 爱好, 愛好, 趣味, học vấn, pendidikan, शिक्षा, การศึกษา, 血液型, 혈액형,
    星座, 民族, 종교, 宗教, 收入, 月収, 年収, 소득, به روز, بروز رسانی, ویرایش, ایجاد, إنشاء, تحديث, تعديل, נוצר,
    עודכן, 更新, 修改, 建立, 수정, 변경, cập nhật, diperbarui, diubah, बनाया, अपडेट, แก้ไข, สร้าง, prefecture,
    hausnummer, verein, konfession, sternzeichen, ansprechpartner, postfach, stadtteil, adhérent depuis, lid sinds,
    дети, діти, فرزند, medlem siden, medlem sedan, mitglied seit, miembro desde, socio desde, membro dal, członek od,
    عضو از, name day, hochzeitstag, namenstag, отчество, по батькові, national, język, województwo, powiat, fylke,
    län, honorary, board, committee, choir, club, parent, sibling, emergency, household size, mentor
"""
"""Titles of what lists of people hold besides: only a cell that itself speaks of leaving is asked about below them."""

_WHOLE = Speech(_ORDINARY_WORDS, whole=True)
_BEGUN = Speech(_ORDINARY, _PROPER)


def is_ordinary(title: str) -> bool:
    """Whether a folded title is one that many lists have, and none for who may be mailed."""
    return _WHOLE.within(title) or _BEGUN.within(title)


_STATUS = (
    "status, statut, estado, stato, stav, állapot, státusz, stare, durum, κατάσταση, статус, състояние, "
    "стан підписки, وضعیت, وضع, الحالة, حالة, סטטוס, מצב, 状态, 狀態, 状態, ステータス, 상태, trạng thái, "
    "tình trạng, keadaan, स्थिति, दर्जा, สถานะ, სტატუს, կարգավիճակ"
)
STATUS = Speech(_STATUS)
"""Titles of standings, of whatever."""
STATUSES = frozenset(phrases(_STATUS)) - {"estado", "stato", "stav", "stare", "stan"}
OF_TRADE = Speech(
    "order, ticket, deal, lead, payment, invoice, shipping, shipment, fulfil, booking, rsvp, event, application, "
    "employment, job, project, task, bestell, commande, pedido, ordine, zamówien, заказ, замовлен, سفارش, الطلب, "
    "הזמנה, 订单, 訂單, 注文, 주문, đơn hàng, pesanan, sipariş"
)
"""With one of these a status is that of a thing: it may be closed or cancelled, and its buyer a reader."""
_OF_MAIL = (
    "subscription, newsletter, mailing, abonnement, bezug, suscripci, abbonament, iscrizion, inscriç, assinatura, "
    "abonament, subskrypc, prenumeration, tilauksen, odběr, předplat, odber, feliratkoz, előfizet, abonelik, "
    "pretplat, συνδρομ, εγγραφ, подписк, рассылк, підписк, розсилк, абонамент, اشتراک, خبرنامه, الاشتراك, מנוי, "
    "דיוור, 订阅, 訂閱, 邮件, 購読, 配信, 구독, 수신, 메일, đăng ký, langganan, सदस्यता, การสมัคร"
)
_OF_CONSENT = (
    "consent, permission, einwillig, einverständ, zustimm, consentement, consentimiento, consenso, toestemming, "
    "zgoda, zgody, samtykke, samtycke, suostumus, souhlas, súhlas, hozzájárul, consimț, onay, izin, pristan, "
    "privola, συγκατάθ, соглас, згода, згоди, съглас, رضایت, موافق, הסכמ, 同意, 동의, đồng ý, persetujuan, setuju, "
    "सहमति, ยินยอม"
)
_OF_MEMBERS = (
    "subscriber, member, abonnent, abonné, mitglied, członk, medlem, jäsen, člen, tagság, üyelik, μέλους, членств, "
    "участник, عضویت, العضوية, חברות, 会员, 會員, 会員, 登録, 회원, thành viên, keanggotaan, सदस्य, สมาชิก"
)
OF_MAIL = Speech(_OF_MAIL, _OF_CONSENT)
"""Titles of wanting mail, or of having agreed to it."""
OF_PEOPLE = Speech(_OF_MAIL, _OF_MEMBERS)
"""With one of these a status is that of a reader."""
