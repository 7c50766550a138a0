"""Exports that nobody foresaw: a column is asked about when it looks like one that tells who left, and only then."""

from datetime import datetime
from pathlib import Path

import pytest

from subscribers.imports import filenames
from subscribers.imports.reading import person_rows, scanning, survey
from subscribers.models import LeftElsewhere
from tests.subscribers.factories import make_list
from tests.subscribers.imports.test_elsewhere import bring, bring_onto

pytestmark = pytest.mark.django_db

PEOPLE = {"ONE": "one@reader.example", "TWO": "two@reader.example", "THREE": "three@reader.example"}


def joins(text: str, folder: Path) -> set[str] | None:
    """Who would be added; None where the file is a question."""
    for short, address in PEOPLE.items():
        text = text.replace(short, address)
    path = folder / "people.csv"
    path.write_text(text, encoding="utf-8")
    found = scanning.scan(path, name=path.name)
    plan = survey.plan_of(path, found, name=path.name, answers={})
    if plan.asks:
        return None
    return {row.address for row in person_rows.rows(path, found, plan, name=path.name) if not row.refused}


# fmt: off
GONE = [
    ("Opted out of marketing", "TRUE", "FALSE"), ("Disallow Email", "1", "0"),
    ("Email Preference", "Do not contact", "OK"), ("Mail erwünscht", "nein", "ja"), ("contactable", "no", "yes"),
    ("Emailable?", "N", "Y"), ("Sendable", "false", "true"), ("Do not allow Emails", "Do Not Allow", "Allow"),
    ("Follow Email", "Do Not Allow", "Allow"), ("is_deleted", "1", "0"), ("Email Bounced Date", "2024-01-01", ""),
    ("is_email_valid", "false", "true"), ("email_hard_bounced", "1", ""), ("sunset", "2024-01-01", ""),
    ("removed_at", "2024-01-01", ""), ("Inaktiv seit", "2024", ""), ("Kündigungsdatum", "2024-01-01", ""),
    ("Ende", "12.03.2023", ""), ("Bezugsende", "12.03.2023", ""), ("Letztes Heft", "12.03.2023", ""),
    ("Werbung", "nein", "ja"), ("Datenschutz", "nein", "ja"), ("Sperrvermerk", "x", ""), ("Fin", "2023-01-01", ""),
    ("Ne souhaite plus", "x", ""), ("Envoi", "non", "oui"), ("Actif", "non", "oui"), ("Abonné", "non", "oui"),
    ("Radié", "oui", ""), ("Cancelado el", "2023-01-01", ""), ("Recibe boletín", "no", "sí"), ("Activo", "no", "sí"),
    ("Fecha fin", "2023-01-01", ""), ("Se dio de baja", "x", ""), ("Annullato", "sì", ""), ("Attivo", "no", "sì"),
    ("Uscita", "2023-01-01", ""), ("Riceve", "no", "sì"), ("Cancelado em", "2023-01-01", ""),
    ("Recebe", "não", "sim"), ("Saiu", "sim", ""), ("Gestopt op", "2023-01-01", ""), ("Ontvangt", "nee", "ja"),
    ("Actief", "nee", "ja"), ("Zrezygnował", "tak", ""), ("Aktywny", "nie", "tak"), ("Koniec", "2023-01-01", ""),
    ("Wysyłać", "nie", "tak"), ("Avslutat", "2023-01-01", ""), ("Aktiv", "nej", "ja"), ("Slutdato", "2023-01-01", ""),
    ("Får brev", "nej", "ja"), ("Utmeldt", "ja", ""), ("Päättynyt", "1.2.2023", ""), ("Voimassa", "ei", "kyllä"),
    ("Lopetettu", "x", ""), ("Zrušeno", "2023-01-01", ""), ("Aktivní", "ne", "ano"), ("Odběr", "ne", "ano"),
    ("Vyřazen", "x", ""), ("Aktív", "nem", "igen"), ("Megszűnt", "2023-01-01", ""), ("Activ", "nu", "da"),
    ("Retras", "2023-01-01", ""), ("İptal tarihi", "2023-01-01", ""), ("Aktif mi", "hayır", "evet"),
    ("Ayrılma tarihi", "2023-01-01", ""), ("Odjavljen", "2023-01-01", ""), ("Aktivan", "ne", "da"),
    ("Ενεργός", "όχι", "ναι"), ("Κατάργηση", "2023-01-01", ""), ("Отписан", "да", ""), ("Активен", "нет", "да"),
    ("Дата выхода", "2023-01-01", ""), ("Рассылка", "нет", "да"), ("Скасовано", "2023-01-01", ""),
    ("Активний", "ні", "так"), ("Вийшов", "2023-01-01", ""), ("Розсилка", "ні", "так"),
    ("تاریخ لغو", "1402/01/01", ""), ("فعال است", "خیر", "بله"), ("ارسال شود", "خیر", "بله"),
    ("تاریخ خروج", "1402/01/01", ""), ("وضعیت اشتراک", "قطع شده", "برقرار"), ("وضعیت", "منقضی", "فعال"),
    ("دریافت خبرنامه", "خیر", "بلی"), ("تاريخ الإلغاء", "2023-01-01", ""), ("نشط", "لا", "نعم"),
    ("حالة الاشتراك", "ملغى", "نشط"), ("منسحب", "نعم", ""), ("תאריך הסרה", "2023-01-01", ""), ("פעיל", "לא", "כן"),
    ("מקבל דיוור", "לא", "כן"), ("取消订阅", "是", "否"), ("是否有效", "否", "是"), ("订阅状态", "已取消", "已订阅"),
    ("退出日期", "2023年1月5日", ""), ("接收邮件", "否", "是"), ("退訂", "是", ""), ("退会日", "2023/01/05", ""),
    ("配信可否", "不可", "可"), ("解約日", "2023年1月5日", ""), ("配信", "停止", "配信中"),
    ("有効", "いいえ", "はい"), ("メール配信", "拒否", "許可"), ("購読", "いいえ", "はい"), ("配信フラグ", "0", "1"),
    ("탈퇴일", "2023-01-05", ""), ("수신여부", "N", "Y"), ("구독상태", "해지", "구독중"),
    ("수신동의", "아니오", "예"), ("활성", "아니오", "예"), ("Ngày hủy", "05/01/2023", ""),
    ("Trạng thái", "Đã hủy", "Đang hoạt động"), ("Hoạt động", "không", "có"), ("Berhenti", "ya", ""),
    ("Aktif", "tidak", "ya"), ("Status langganan", "Berhenti", "Aktif"), ("Tanggal keluar", "2023-01-05", ""),
    ("रद्द", "हाँ", ""), ("सक्रिय", "नहीं", "हाँ"), ("स्थिति", "निष्क्रिय", "सक्रिय"), ("ยกเลิก", "2023-01-01", ""),
    ("สถานะ", "ยกเลิก", "ใช้งาน"), ("სტატუსი", "გაუქმებული", "აქტიური"), ("Էլ", "ոչ", "այո"),
    ("Egoera", "ez aktibo", "aktibo"), ("cadence", "never", "weekly"), ("Rhythmus", "nie", "monatlich"),
    ("frequency", "off", "weekly"), ("Email frequency", "None", "Daily"), ("digest", "no", "weekly"),
    ("notes", "asked to be taken off the list", ""), ("notes", "pls remove", ""),
    ("Bemerkung", "möchte nichts mehr bekommen", ""), ("Remarques", "ne veut plus recevoir", ""),
    ("Notas", "ya no quiere recibir", ""), ("примечание", "просил больше не писать", ""),
    ("یادداشت", "دیگر ایمیل نفرستید", ""), ("備考", "もう送らないでください", ""), ("备注", "不要再发了", ""),
    ("메모", "더 이상 보내지 마세요", ""), ("Note", "non vuole più ricevere", ""), ("Flag", "x", ""),
    ("Marker", "*", ""), ("K", "1", "0"), ("Inkluderad", "nej", "ja"), ("zrušit", "ano", ""),
    ("expires", "2023-01-01", ""), ("Account closed", "2023-05-01", ""), ("lifecycle", "churned", "active"),
    ("Undeliverable count", "3", "0"), ("Deceased", "TRUE", ""), ("Date of death", "2023-01-01", ""),
    ("Retired", "2023-01-01", ""), ("Opt in", "denied", "granted"), ("Mail", "no", "yes"),
    ("Bounce type", "Hard", ""), ("Suppression reason", "manual", ""), ("mailing_list", "out", "in"),
    ("Subscription valid to", "2020-01-01", ""), ("wants_mail", "0", "1"), ("gets_letter", "0", "1"),
    ("Email Opt Out", "1", "0"), ("Do Not Email", "Yes", "No"), ("emailOptedOut", "true", "false"),
    ("Email Invalid", "1", "0"), ("Marketing Suspended", "1", "0"), ("Black Listed", "1", "0"),
    ("Unsubscribed Reason", "spam", ""), ("isUnsubscribed", "1", "0"), ("communicationLimited", "1", "0"),
    ("Subscribed (Y/N)", "N", "Y"), ("permissionStatus", "Opt-out", "Opt-in"), ("Global Unsubscribe", "Yes", "No"),
    ("Send emails", "no", "yes"), ("Email Allowed", "no", "yes"), ("EmailStatus", "UNDELIVERABLE", "ACTIVE"),
    ("Mail Status", "Refused", "OK"), ("contact_status", "Inactive", "Active"),
    ("Engagement", "Unengaged", "Engaged"), ("Sunset", "TRUE", "FALSE"), ("Suppressed?", "TRUE", "FALSE"),
    ("DNM", "x", ""), ("NIXIE", "1", ""), ("Return to sender", "1", ""), ("Deceased date", "1/2/23", ""),
    ("Lapsed on", "Mar 3, 2024", ""), ("Ended", "3 March 2024", ""), ("finish", "2023-05-01T00:00:00Z", ""),
    ("inactive_since", "2020", ""), ("date_out", "05/2023", ""), ("unsub", "t", "f"), ("opt", "out", "in"),
    ("Choice", "opted-out", "opted-in"), ("Consent status", "Withdrawn", "Given"), ("Reachable", "0", "1"),
    ("Alive", "no", "yes"), ("Wants newsletter?", "Nope", "Yep"), ("Letter", "no", "yes"), ("Post", "-", "+"),
    ("receives", "", "x"), ("active_flag", "I", "A"), ("Current?", "N", "Y"), ("Renewed", "no", "yes"),
    ("Mailable", "FALSE", "TRUE"), ("email ok", "false", "true"), ("archived_at", "2023-01-01", ""),
    ("deactivation_date", "1672531200", "0"), ("last_bounce_at", "2023-01-01", ""), ("hard_bounces", "1", "0"),
    ("Complaint date", "2023-01-01", ""), ("spam_reported_at", "2023-01-01", ""), ("frozen", "1", "0"),
    ("blocked_at", "2023-01-01", ""), ("trashed", "1", "0"), ("purged", "1", "0"), ("is_active", "0", "1"),
    ("user_state", "blocked", "active"), ("Newsletter opt in", "No", "Yes"), ("Abo bis", "31.12.2022", ""),
    ("Abgang", "2022", ""), ("weg", "x", ""), ("Verteiler", "nein", "ja"), ("Im Verteiler", "nein", "ja"),
    ("Nicht anschreiben", "x", ""), ("Postsperre", "ja", "nein"), ("Tot", "x", ""), ("Inaktiv", "ja", "nein"),
    ("Mitglied", "ehemalig", "aktiv"), ("Mitgliedsstatus", "ausgetreten", "aktiv"),
    ("Zustellung", "fehlgeschlagen", "ok"), ("Einverständnis", "widerrufen", "erteilt"),
    ("Löschdatum", "2023-01-01", ""), ("Gelöscht am", "2023-01-01", ""), ("Abmeldung", "03.05.23", ""),
    ("Karteileiche", "x", ""), ("Plus abonné", "x", ""), ("NPAI", "x", ""), ("Décédé", "oui", ""),
    ("Statut abonnement", "Résilié", "Actif"), ("Désinscription", "2023-01-01", ""),
    ("Consentement", "retiré", "donné"), ("Supprimé le", "2023-01-01", ""), ("Date fin", "01/01/2023", ""),
    ("Opposition", "oui", "non"), ("Stop pub", "oui", ""), ("Suscripción", "cancelada", "activa"),
    ("Estado suscripción", "Baja", "Alta"), ("Fallecido", "sí", ""), ("Acepta correos", "no", "sí"),
    ("Dado de baja", "sí", "no"), ("Motivo de baja", "spam", ""), ("Stato iscrizione", "Cancellato", "Attivo"),
    ("Consenso", "revocato", "dato"), ("Disdetta", "2023-01-01", ""), ("Situação", "Cancelado", "Ativo"),
    ("Inscrito", "não", "sim"), ("Motivo da saída", "x", ""), ("Abonnementstatus", "beëindigd", "lopend"),
    ("Uit", "ja", ""), ("Overleden", "x", ""), ("Subskrypcja", "zakończona", "aktywna"), ("Zgoda", "nie", "tak"),
    ("Zgoda marketingowa", "wycofana", "udzielona"), ("Prenumeration", "avslutad", "aktiv"),
    ("Samtycke", "nej", "ja"), ("Samtykke", "nei", "ja"), ("Suostumus", "ei", "kyllä"),
    ("Tilauksen tila", "päättynyt", "voimassa"), ("Souhlas", "ne", "ano"), ("Stav", "odhlášen", "přihlášen"),
    ("Állapot", "leiratkozott", "feliratkozott"), ("Hozzájárulás", "nem", "igen"),
    ("Consimțământ", "retras", "acordat"), ("Stare", "dezabonat", "abonat"), ("Onay", "hayır", "evet"),
    ("Üyelik durumu", "İptal edildi", "Aktif"), ("Bülten", "hayır", "evet"), ("Pristanak", "ne", "da"),
    ("Согласие", "нет", "да"), ("Статус подписки", "отменена", "активна"), ("Дата отписки", "01.02.2023", ""),
    ("Не беспокоить", "да", ""), ("Умер", "да", ""), ("Згода", "ні", "так"), ("Дата відписки", "01.02.2023", ""),
    ("Статус", "Відписаний", "Підписаний"), ("رضایت", "ندارد", "دارد"), ("عضو", "نیست", "هست"),
    ("تاریخ پایان", "1402/01/01", ""), ("فوت شده", "بله", ""), ("وضعیت کاربر", "مسدود", "فعال"), ("لغو", "۱", "۰"),
    ("تاریخ قطع", "۱۴۰۲/۰۱/۰۱", ""), ("موافق", "لا", "نعم"), ("الحالة", "غير مشترك", "مشترك"),
    ("تاريخ الانسحاب", "2023-01-01", ""), ("סטטוס מנוי", "מבוטל", "פעיל"), ("הסכמה", "לא", "כן"),
    ("同意", "否", "是"), ("状态", "退订", "正常"), ("会员状态", "已注销", "正常"), ("黑名单", "是", "否"),
    ("是否接收", "否", "是"), ("订阅", "否", "是"), ("同意", "いいえ", "はい"), ("ステータス", "無効", "有効"),
    ("会員ステータス", "退会済", "在籍"), ("メルマガ", "不要", "希望"), ("ブラックリスト", "1", "0"),
    ("동의", "아니오", "예"), ("상태", "탈퇴", "정상"), ("차단", "Y", "N"), ("회원상태", "휴면", "정상"),
    ("뉴스레터", "거부", "수신"), ("Đồng ý", "không", "có"), ("Trạng thái đăng ký", "Ngừng", "Đang nhận"),
    ("Nhận tin", "không", "có"), ("Setuju", "tidak", "ya"), ("Status", "Nonaktif", "Aktif"),
    ("Tanggal berhenti", "2023-01-01", ""), ("सहमति", "नहीं", "हाँ"), ("सदस्यता स्थिति", "समाप्त", "चालू"),
    ("ยินยอม", "ไม่", "ใช่"), ("newsletters", "none", "weekly"), ("How often", "never", "monthly"),
    ("Envoi", "jamais", "hebdomadaire"), ("Frecuencia", "nunca", "semanal"), ("Частота", "никогда", "еженедельно"),
    ("頻度", "なし", "毎週"), ("频率", "从不", "每周"), ("تناوب", "هرگز", "هفتگی"),
    ("Comment", "Not interested any more", ""), ("remarks", "unsub!!", ""),
    ("notes", "she's left the club, no mail please", ""), ("notes", "cancel her subscription", ""),
    ("notes", "stop", ""), ("Notiz", "keine Post mehr", ""), ("Notiz", "bitte aus dem Verteiler nehmen", ""),
    ("Notiz", "hat sich abgemeldet", ""), ("Notiz", "tot", ""), ("Commentaire", "à enlever", ""),
    ("Commentaire", "ne plus envoyer de mails", ""), ("Comentarios", "pidió no recibir más", ""),
    ("Opmerking", "wil geen mail meer", ""), ("Uwagi", "nie chce maili", ""), ("Anteckning", "vill inte ha brev", ""),
    ("Poznámka", "už nechce dostávat", ""), ("Megjegyzés", "nem kér több levelet", ""),
    ("Not", "artık istemiyor", ""), ("Комментарий", "не хочет получать", ""), ("Коментар", "більше не хоче", ""),
    ("ملاحظات", "لا يريد رسائل", ""), ("توضیحات", "دیگر نمی‌خواهد", ""), ("הערות", "ביקש להסיר", ""),
    ("備考", "退会希望", ""), ("メモ", "配信不要", ""), ("备注", "要求退订", ""), ("비고", "수신 거부 요청", ""),
    ("tags", "ex-subscriber", ""), ("tags", "inactive", ""), ("group", "Unsubscribed", ""), ("source", "bounced", ""),
    ("labels", "do-not-mail", ""), ("segment", "Lost", ""),
]
"""The title of a column, what it says of somebody who left, and of somebody who stays."""
LISTS_OF_GONE = [
    "ONE\nTWO (unsubscribed)\n",
    "Subscribers\nONE\n\nUnsubscribed (1)\nTWO\n",
    "ONE\nTWO [abgemeldet]\n",
    "ONE\nBen Oar (left) <TWO>\n",
    "Ada <ONE>; Ben (bounced) <TWO>\n",
    "Abonnenten:\nONE\nAbgemeldet:\nTWO\n",
    "Unsubscribed:\nTWO\n",
    "Ada <ONE>\nUnsubscribed:\nBen <TWO>\n",
    "ONE\n--- gone ---\nTWO\n",
    "مشترکان\nONE\nانصراف داده‌ها\nTWO\n",
    "ONE\nTWO (لغو)\n",
    "ONE\n# TWO\n",
    "ONE\n-TWO\n",
    "ONE\nTWO - unsubscribed\n",
    "ONE\nTWO STOP\n",
    "x\nONE\nDo not mail these:\nTWO\n",
    "会員\nONE\n退会者\nTWO\n",
    "ONE,ONE\nUnsubscribed: TWO, THREE\n",
    "ONE\nTWO (nomail, digest)\n",
    "ONE;THREE\nTWO (desuscrito);\n",
    "email,name\nONE,A\nUnsubscribed,\nTWO,B\n",
    "ONE\nTWO (désabonnée le 3 mai)\n",
    "ONE\nTWO (cancelled)\n",
    "Aktive:\nONE\nEhemalige:\nTWO\n",
    "Активные:\nONE\nОтписавшиеся:\nTWO\n",
    "ONE,Ada,\nTWO,Ben,2023-01-01\n",
    "ONE,1\nTWO,0\n",
    "ONE,Ada,yes\nTWO,Ben,no\n",
    "ONE,Ada\nTWO,unsubscribed\n",
    "Ex-members\nTWO\n",
    "ONE\nOpt-outs:\nTWO\n",
    "ONE\nRemoved\nTWO\n",
    "ONE\n\nBounces\n-------\nTWO\n",
    "ONE\n(unsubscribed) TWO\n",
    "ONE\n\"Ben (has left)\" <TWO>\n",
    "ONE\nBen [OUT] <TWO>\n",
    "ONE\n!TWO\n",
    "ONE\n; TWO\n",
    "ONE\n// TWO\n",
    "ONE\nBajas:\nTWO\n",
    "ONE\nDésabonnés :\nTWO\n",
    "ONE\nDisiscritti\nTWO\n",
    "ONE\nWypisani:\nTWO\n",
    "ONE\n已退订：\nTWO\n",
    "ONE\n수신거부\nTWO\n",
    "ONE\nلغو شده‌ها:\nTWO\n",
    "ONE\nGone:\nTWO\n",
    "ONE\nPlease do not write to:\nTWO\n",
    "ONE\nTWO (left 2023)\n",
    "ONE\nTWO (dead)\n",
    "ONE\nTWO (out)\n",
    "ONE\nTWO (x)\n",
    "ONE\nTWO (inactive since May)\n",
    "ONE\nTWO (退会)\n",
    "ONE\nTWO (Ben, unsubscribed)\n",
]
PLAIN = [
    (
        "name,city,company,job title",
        "Ada,Leith,Unsubscribed Ltd,Former mayor",
        "Ben,Stop,Quit Inc,Editor",
        "Cy,,Blocked & Co,",
    ),
    ("country,state,zip", "US,CA,94016", "US,IN,46001", "DE,,10115"),
    ("birthday,phone", "1980-02-03,+49 170 1234567", ",", "1999-12-01,030 123456"),
    ("DOB,Gender", "03/02/1980,F", ",M", "01/12/1999,F"),
    ("VIP", "yes", "", "yes"),
    ("vip,tags", "1,fair", "0,\"fair,press\"", "0,"),
    ("source", "fair", "website", ""),
    ("Signup date", "2023-01-01", "", "2024-02-02"),
    (
        "created_at,updated_at,last_login",
        "2023-01-01 10:00,2023-01-01,never",
        ",2024-01-01,2024-03-03",
        "2023-05-05 11:00,,",
    ),
    ("date_joined,is_staff", "2023-01-01,0", "2023-01-02,1", "2023-01-03,0"),
    ("Orders,Total spent,Last order date", "3,120.50,2024-01-01", "0,0,", "1,20,2023-03-03"),
    ("opens,clicks,last_opened", "0,0,never", "5,1,2024-01-01", "2,0,2023-01-01"),
    ("notes", "met at the fair", "has two dogs", "left a message with her sister"),
    ("notes", "likes ships", "works at the stop press", "moved to Leith"),
    ("Twitter,LinkedIn", "@ada,", "@ben,https://x.example", "@cy,"),
    ("age,children", "30,2", "41,0", "28,1"),
    ("Company size", "1-10", "11-50", ""),
    ("T-shirt,Diet", "M,vegan", "S,none", "L,"),
    ("Attended 2023 gala", "x", "", "x"),
    ("Volunteer", "yes", "no", "yes"),
    ("Donor,Donation date", "1,2023-01-01", "0,", "1,2024-01-01"),
    ("Customer", "yes", "no", "yes"),
    ("Language,Timezone", "en,UTC", "de,Europe/Berlin", "fa,Asia/Tehran"),
    ("Vorname,Nachname,Firma,Ort,Land", "Ada,Quill,Aus GmbH,Ende,DE", "Ben,Oar,,Köln,DE", "Cy,Pier,Stopp AG,Bonn,AT"),
    ("Anrede,Titel,Geburtsdatum", "Frau,Dr.,03.02.1980", "Herr,,", "Frau,,01.12.1999"),
    ("Telefon,Mobil,Bemerkung", "030 1234,,mag Schiffe", ",0170 1,", "040 5,,trifft uns am Stand"),
    ("Anmeldedatum,Quelle", "01.02.2023,Messe", ",Web", "03.04.2024,"),
    ("Kundennummer,Kunde", "1001,ja", "1002,nein", "1003,ja"),
    ("Mitgliedsnummer,Eintrittsdatum", "1,01.02.2003", "2,", "3,04.05.2010"),
    (
        "Prénom,Nom,Ville,Pays,Société",
        "Ada,Quill,Paris,France,Fin SA",
        "Ben,Oar,Lyon,France,",
        "Cy,Pier,Nice,France,",
    ),
    ("Date de naissance,Téléphone", "03/02/1980,01 23 45 67 89", ",", "01/12/1999,"),
    ("Date d'inscription,Civilité", "01/02/2023,Mme", "03/04/2023,M.", ",Mme"),
    ("Remarques", "aime les bateaux", "", "habite près du port"),
    ("Nombre,Ciudad,País,Empresa,Teléfono", "Ada,Cádiz,España,Baja SA,600", "Ben,Madrid,España,,", "Cy,Lima,Perú,,"),
    ("Fecha de nacimiento,Fecha de alta", "03/02/1980,01/02/2023", ",03/04/2023", "01/12/1999,"),
    ("Estado,Ciudad", "Jalisco,Guadalajara", "Sonora,", "Jalisco,Tala"),
    ("Nome,Città,Azienda,Data di nascita", "Ada,Roma,,03/02/1980", "Ben,Bari,Basta Srl,", "Cy,Pisa,,01/12/1999"),
    ("Nome,Cidade,Estado,Data de nascimento", "Ada,Recife,PE,", "Ben,Natal,RN,03/02/1980", "Cy,Santos,SP,"),
    (
        "Voornaam,Achternaam,Woonplaats,Geboortedatum",
        "Ada,Quill,Gent,03-02-1980",
        "Ben,Oar,Breda,",
        "Cy,Pier,Delft,01-12-1999",
    ),
    ("Imię,Nazwisko,Miasto,Data urodzenia", "Ada,Q,Łódź,1980-02-03", "Ben,O,Gdynia,", "Cy,P,Sopot,1999-12-01"),
    ("Förnamn,Efternamn,Ort,Födelsedatum", "Ada,Q,Malmö,1980-02-03", "Ben,O,Lund,", "Cy,P,Ystad,"),
    ("Fornavn,Etternavn,By,Fødselsdato,Parti", "Ada,Q,Bergen,,Ap", "Ben,O,Oslo,1980-02-03,H", "Cy,P,Moss,,Ap"),
    ("Etunimi,Sukunimi,Kaupunki,Syntymäaika", "Ada,Q,Turku,3.2.1980", "Ben,O,Oulu,", "Cy,P,Pori,"),
    ("Jméno,Příjmení,Město,Datum narození", "Ada,Q,Brno,3.2.1980", "Ben,O,Plzeň,", "Cy,P,Zlín,"),
    ("Név,Város,Születési dátum", "Ada,Pécs,1980.02.03.", "Ben,Győr,", "Cy,Eger,"),
    ("Nume,Oraș,Data nașterii", "Ada,Iași,03.02.1980", "Ben,Cluj,", "Cy,Arad,"),
    ("Ad,Soyad,Şehir,Doğum tarihi", "Ada,Q,İzmir,03.02.1980", "Ben,O,Bursa,", "Cy,P,Ankara,"),
    ("Όνομα,Πόλη,Ημερομηνία γέννησης", "Άννα,Πάτρα,03/02/1980", "Νίκος,Βόλος,", "Εύα,Χανιά,"),
    ("Имя,Город,Дата рождения,Телефон", "Анна,Омск,03.02.1980,8 900", "Иван,Тверь,,", "Пётр,Пермь,,"),
    ("Пол,Компания,Должность,Примечание", "ж,Ромашка,редактор,любит корабли", "м,,,", "ж,Астра,директор,"),
    ("Дата регистрации,Источник", "01.02.2023,сайт", ",ярмарка", "03.04.2024,"),
    ("Ім'я,Місто,Дата народження", "Ганна,Львів,03.02.1980", "Іван,Суми,", "Петро,Одеса,"),
    ("Статус заказа,Сумма", "доставлен,100", "отправлен,20", "доставлен,30"),
    ("نام,شهر,تاریخ تولد,تلفن همراه", "آنا,یزد,1360/01/02,0912", "بهار,قم,,", "نیما,ری,,"),
    ("جنسیت,شغل,یادداشت,برچسب", "زن,معلم,کشتی دوست دارد,نمایشگاه", "مرد,مهندس,,", "زن,معلم,,"),
    ("تاریخ عضویت,کشور,شرکت", "1402/01/01,ایران,", "1402/02/02,ایران,سروش", ",ایران,"),
    ("وضعیت تأهل", "مجرد", "متأهل", "مجرد"),
    ("منبع,تعداد خرید,مشتری", "سایت,3,بله", "نمایشگاه,0,خیر", "سایت,1,بله"),
    ("الاسم,المدينة,تاريخ الميلاد,الهاتف", "آنا,عمان,1980-02-03,07", "بدر,دبي,,", "نور,حلب,,"),
    ("الجنس,الشركة,ملاحظات", "أنثى,النور,تحب السفن", "ذكر,,", "أنثى,,"),
    ("שם,עיר,תאריך לידה,טלפון", "דנה,חיפה,03/02/1980,050", "גיל,יפו,,", "נועה,לוד,,"),
    ("מין,חברה,הערות", "נ,אור,אוהבת ספינות", "ז,,", "נ,,"),
    ("姓名,城市,生日,电话", "王小明,上海,1980-02-03,138", "张伟,北京,,", "李娜,广州,,"),
    ("性别,公司,职位,备注", "女,甲,编辑,喜欢船", "男,乙,经理,", "女,,编辑,"),
    ("注册时间,来源,国家", "2023-01-01 10:00,网站,中国", "2023-02-01 10:00,展会,中国", ",网站,中国"),
    ("省份,客户,标签", "广东,是,展会", "江苏,否,", "广东,是,"),
    (
        "氏名,住所,生年月日,電話番号",
        "山田太郎,東京都港区1-1,1980/02/03,03-1",
        "鈴木一郎,大阪市,,",
        "佐藤花子,横浜市,,",
    ),
    ("性別,会社名,部署,役職,備考", "女,山田商事,営業部,部長,船が好き", "男,,,,", "女,鈴木,総務部,,"),
    ("登録日,都道府県,フリガナ", "2023/01/01,東京都,ヤマダ", "2023/02/01,大阪府,スズキ", ",東京都,"),
    ("職業,タグ,流入経路", "会社員,展示会,広告", "学生,,", "会社員,,広告"),
    ("이름,도시,생년월일,전화번호", "김철수,서울,1980-02-03,010", "이영희,부산,,", "박민,대구,,"),
    ("성별,회사,직책,메모", "여,가나,편집장,배를 좋아함", "남,,,", "여,다라,과장,"),
    ("가입일,유입 경로", "2023-01-01,광고", "2023-02-01,검색", ",광고"),
    ("Họ tên,Thành phố,Ngày sinh,Điện thoại", "An,Huế,03/02/1980,09", "Bình,Đà Nẵng,,", "Chi,Hà Nội,,"),
    ("Giới tính,Công ty,Ghi chú", "Nữ,An,thích tàu", "Nam,,", "Nữ,,"),
    ("Nama,Kota,Tanggal lahir,Telepon", "Ayu,Medan,03/02/1980,08", "Budi,Solo,,", "Citra,Bogor,,"),
    ("Jenis kelamin,Pekerjaan,Catatan", "P,guru,keluarga di Medan", "L,dokter,", "P,guru,"),
    ("नाम,शहर,जन्म तिथि,फ़ोन", "अमृता,पुणे,03/02/1980,98", "बिमल,दिल्ली,,", "चेतन,अमृतसर,,"),
    ("लिंग,कंपनी,टिप्पणी", "महिला,क,जहाज़ पसंद", "पुरुष,,", "महिला,,"),
    ("ชื่อ,เมือง,วันเกิด", "อนงค์,ตรัง,1980-02-03", "บุญ,ตาก,", "จันทร์,เลย,"),
    ("Lead Status,Owner", "New,Ben", "Open,Cy", "New,"),
    ("Order status", "shipped", "delivered", "shipped"),
    ("role", "subscriber", "editor", "subscriber"),
    ("Interests", "art", "none", "sailing"),
    ("Member since,Membership number", "2019,12", "2020,13", ",14"),
    ("Marital status", "single", "married", "single"),
    ("IP,Latitude,Longitude", "1.2.3.4,55.9,-3.2", "1.2.3.5,,", "1.2.3.6,1.0,2.0"),
    ("Industry,Department,Seniority", "Press,Sales,Senior", "Law,,Junior", "Press,HR,Senior"),
    ("Website,Blog", "https://a.example,", "https://b.example,", "https://c.example,"),
    ("Middle name,Suffix,Nickname", "J.,Jr.,", "X,,", "T,,Cee"),
    ("How did you hear about us?", "a friend", "no idea", "a friend"),
    ("First purchase date,Loyalty points", "2023-01-01,30", ",0", "2024-01-01,5"),
    (
        "LEID,EUID,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME",
        "1,a,2,2023-01-01 10:00,2023-01-01 10:01",
        "2,b,3,2023-01-02 10:00,2023-01-02 10:01",
        "3,c,2,2023-01-03 10:00,2023-01-03 10:01",
    ),
    ("utm_source,utm_medium", "google,cpc", "x,social", ","),
    ("Address line 2,County", "Flat 4,Fife", ",", "Unit 2,"),
    ("Event,Seat,RSVP", "Gala,4,yes", "Gala,5,no", "Fair,,yes"),
    ("School,Grade,Graduation year", "Leith High,5,2019", "Leith High,4,2020", ",,"),
    ("Wedding anniversary", "2001-02-03", "", ""),
    ("Spouse name,Emergency contact", "Ann,", "Bob,", ","),
    ("size", "S", "", "T"),
    ("Rating", "5", "4", ""),
    ("Team", "red", "blue", "red"),
    ("Segment", "A", "B", "A"),
    ("Score", "0", "1", "0"),
    ("#", "1", "2", "3"),
    ("Pronouns", "she/her", "he/him", ""),
    ("Relationship", "parent", "child", "parent"),
    ("Plan,MRR", "free,0", "pro,9", "free,0"),
    ("Favorite color", "red", "off white", "blue"),
    ("Comments", "Great letter; please keep going!", "", ""),
    ("Facebook,Instagram,Fax,Website URL", "x.y,,,", ",,,", "a,b,,"),
    ("Assigned to,Next follow-up", "Ben,2026-01-01", "Cy,", ",2026-02-02"),
    ("Contract value,Contract start", "100,2023-01-01", "20,", ",2024-01-01"),
    ("Straße,Hausnummer", "Endstr.,3", "Aus,4", ","),
    ("Erstellt am,Geändert am,Letzter Kontakt", "01.02.2023,,03.04.2024", "02.02.2023,01.01.2024,", ",,"),
    ("Date de création,Dernière connexion,Profession", "01/02/2023,,éditrice", ",03/04/2024,", "05/06/2023,,"),
    ("Fecha de creación,Última compra,Profesión", "01/02/2023,,editora", ",03/04/2024,", "05/06/2023,,"),
    ("Data di creazione,Ultimo accesso,Provincia", "01/02/2023,,RM", ",03/04/2024,", "05/06/2023,,BA"),
    ("Aangemaakt op,Beroep,Lid sinds", "01-02-2023,,2019", ",redacteur,", "05-06-2023,,2020"),
    ("Data utworzenia,Ostatnie logowanie,Województwo", "2023-02-01,,łódzkie", ",2024-04-03,", "2023-06-05,,śląskie"),
    ("Создан,Изменён,Отчество", "01.02.2023,,Ивановна", ",03.04.2024,", "05.06.2023,,"),
    ("Tilmeldingsdato,Kunde", "01-02-2023,ja", ",nej", "05-06-2023,ja"),
    ("Registreringsdatum,Kund,Betald", "2023-02-01,ja,ja", ",nej,", "2023-06-05,ja,"),
    ("Connected On,Position", "03 Feb 2024,Editor", ",", "05 Jun 2023,"),
    (
        "Timestamp,Do you want to volunteer?,Will you attend?",
        "2024/01/01 10:00,Yes,No",
        ",No,Yes",
        "2024/01/02 10:00,,Yes",
    ),
    ("Checked in,Ticket type", "yes,early", "no,late", "yes,early"),
    ("Private,Priority,Sensitivity", "FALSE,Normal,Normal", "FALSE,Normal,Normal", "FALSE,Normal,Normal"),
    ("is_paying_customer,orders_count", "1,3", "0,0", "1,2"),
    (
        "user_registered,display_name,user_url",
        "2023-01-01 10:00:00,Ada,",
        "2023-01-02 10:00:00,Ben,",
        "2023-01-03 10:00:00,Cy,",
    ),
    ("Submitted At,Network ID", "2023-01-01,abc", ",def", "2023-01-03,"),
    ("last_email_opened,total_opens", "2024-01-01,3", "never,0", ",0"),
    ("Kaufdatum,Betrag", "01.02.2023,30", ",", "03.04.2024,5"),
    ("Familienstand,Kinder", "ledig,0", "verheiratet,2", "ledig,"),
    ("points", "550", "0", "511"),
    ("phone number", "4155550100", "", "1650000000"),
    ("Student,Alumni", "yes,no", "no,yes", "yes,"),
    ("Hobbies,Sprachen", "Segeln,de", "keine,en", "Lesen,de"),
    ("Invited by,Invited on", "Ada,2023-01-01", ",", "Ben,2023-02-01"),
    ("notes", "left us a lovely note", "does nothing but sail", "no time on Mondays"),
    ("notes", "arbeitet nicht mehr in Köln", "mag Schiffe", ""),
    ("notes", "a déménagé à Lyon", "", "aime la mer"),
    ("Bundesland,Region", "BY,Süd", "BE,Ost", "BY,Süd"),
    ("月収,身長", "30万円,170", "25万円,165", "30万円,"),
    ("年齢,国籍", "30,日本", "41,米国", ",日本"),
    ("学校,专业", "北大,法律", "清华,数学", "北大,法律"),
    ("نام خانوادگی,کد ملی,استان", "نوری,123,یزد", "رضایی,456,قم", "امینی,,یزد"),
    ("Образование,Пол", "высшее,ж", "среднее,м", "высшее,ж"),
    ("학력,취미", "대졸,독서", "고졸,", "대졸,등산"),
]
"""Titles of ordinary columns, and the cells of three people."""
PLAIN_LISTS = [
    "Ada Quill <ONE>\nBen Stopford <TWO>\nCy Leftwich <THREE>\n",
    "ONE (Ada)\nTWO (Ben of Leith)\nTHREE\n",
    "Subscribers\nONE\nTWO\nTHREE\n",
    "ONE\nTWO\nTHREE\n",
    "ONE,TWO,THREE\n",
    "Ada Quill (Unit 4) <ONE>, Ben <TWO>; Cy Dunn-Moore <THREE>\n",
    "ONE;Ada;Leith\nTWO;Ben;\nTHREE;Cy;Fife\n",
    "Members:\nONE\nDigest members:\nTWO\nTHREE\n",
    "Berlin:\nONE\nKöln:\nTWO\nTHREE\n",
    (
        "email,status,Color pref,Blue flag,Gala date\nONE,subscribed,red,x,2023-01-01\nTWO,subscribed,blue,,\nTHREE,"
        "subscribed,red,,\n"
    ),
    (
        "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,"
        "tiers\n1,ONE,A,,true,false,,2023-01-01,,vip,\n2,TWO,B,,true,true,cus_1,2023-01-01,,,Gold\n3,THREE,C,,true,"
        "false,,2023-01-01,,,\n"
    ),
    (
        "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at\nONE,true,"
        "2025-01-01T00:00:00.000Z,monthly,false,2023-01-01T00:00:00.000Z,2023-02-01\nTWO,false,,other,false,"
        "2023-01-01T00:00:00.000Z,\nTHREE,false,,other,false,2023-01-01T00:00:00.000Z,\n"
    ),
    (
        "First Name,Last Name,E-mail 1 - Label,E-mail 1 - Value,Birthday,Notes,Phone 1 - Value,Organization Name,"
        "Photo,Labels\nA,B,Home,ONE,1980-02-03,,1,,,* myContacts\nA,B,Work,TWO,,,,,,\nA,B,,THREE,,,,,,\n"
    ),
]
# fmt: on


@pytest.mark.parametrize(("title", "gone", "stays"), GONE)
def test_a_column_that_tells_who_left_is_understood_or_asked_about(
    title: str, gone: str, stays: str, tmp_path: Path
) -> None:
    assert "two@reader.example" not in (joins(f"email,{title}\nONE,{stays}\nTWO,{gone}\n", tmp_path) or set())


@pytest.mark.parametrize("text", LISTS_OF_GONE)
def test_words_beside_and_above_addresses_are_read(text: str, tmp_path: Path) -> None:
    assert "two@reader.example" not in (joins(text, tmp_path) or set())


@pytest.mark.parametrize(("titles", "one", "two", "three"), PLAIN)
def test_ordinary_columns_cost_no_question(titles: str, one: str, two: str, three: str, tmp_path: Path) -> None:
    text = f"email,{titles}\nONE,{one}\nTWO,{two}\nTHREE,{three}\n"
    assert joins(text, tmp_path) == set(PEOPLE.values())


@pytest.mark.parametrize("text", PLAIN_LISTS)
def test_ordinary_lists_cost_no_question(text: str, tmp_path: Path) -> None:
    found = joins(text, tmp_path)
    assert found is not None
    assert {address for address in found if "@" in address} == set(PEOPLE.values())


def test_a_few_dates_among_thousands_of_blanks_are_asked_about(tmp_path: Path) -> None:
    """More different dates than are remembered of a column."""
    people = [f"p{n}@reader.example,{f'2024-01-01 10:{n % 60:02}:{n // 60:02}' if n % 3 else ''}" for n in range(900)]
    assert joins("email,zz9\n" + "\n".join(people) + "\n", tmp_path) is None


@pytest.mark.parametrize(
    ("title", "gone"), [("zz9", "2023-05-01"), ("Gorri", "bai"), ("სია", "კი"), ("பட்டியல்", "நீக்கு")]
)
def test_a_mark_for_one_of_many_is_asked_about_in_whatever_language(title: str, gone: str, tmp_path: Path) -> None:
    people = [f"p{n}@reader.example,{gone if n == 5 else ''}" for n in range(12)]
    assert joins(f"email,{title}\n" + "\n".join(people) + "\n", tmp_path) is None


def test_what_is_not_understood_is_not_asked_about_where_another_column_tells(tmp_path: Path) -> None:
    text = "email,status,zz9\nONE,subscribed,x\nTWO,unsubscribed,\nTHREE,subscribed,\n"
    assert joins(text, tmp_path) == {"one@reader.example", "three@reader.example"}


@pytest.mark.parametrize(
    "name", ["退会者.csv", "Odhlášení.csv", "отписавшиеся.csv", "انصراف.csv", "Leiratkozottak.csv"]
)
def test_the_name_of_a_file_is_read_in_other_languages(name: str) -> None:
    assert filenames.smells_of_leaving(name)
    assert not filenames.smells_of_leaving("readers.csv")


def test_what_became_of_an_order_is_a_question_and_no_leaving(tmp_path: Path) -> None:
    assert joins("email,order status\nONE,closed\nTWO,\n", tmp_path) is None
    assert joins("email,status,order status\nONE,subscribed,closed\nTWO,subscribed,\n", tmp_path) == {
        "one@reader.example",
        "two@reader.example",
    }


def test_who_stands_below_a_line_of_leaving_is_remembered_as_gone(tmp_path: Path, now: datetime) -> None:
    """Threat 24: the reason names the line, and no later file wakes them."""
    letter = make_list()
    text = "Subscribed:\none@reader.example\nUnsubscribed:\ntwo@reader.example\nthree@reader.example (nomail)\n"
    done = bring_onto(letter, text, tmp_path, now, answers={})
    again = bring_onto(letter, "email\ntwo@reader.example\nthree@reader.example\n", tmp_path, now, answers={})

    assert done.joined == {"one@reader.example"}
    assert "“Unsubscribed:”" in done.reported["two@reader.example"]
    assert "“Unsubscribed:”" in done.reported["three@reader.example"]
    assert LeftElsewhere.objects.count() == 2
    assert again.report.unsubscribed == 2


def test_what_only_smells_beside_an_address_is_reported_and_not_remembered(tmp_path: Path, now: datetime) -> None:
    done = bring("one@reader.example\ntwo@reader.example (please stop writing)\n", tmp_path, now)

    assert done.joined == {"one@reader.example"}
    assert "please stop writing" in done.reported["two@reader.example"]
    assert not LeftElsewhere.objects.exists()


def test_a_column_of_addresses_that_is_named_after_leaving_can_be_answered_for(tmp_path: Path, now: datetime) -> None:
    text = "Unsubscribed\none@reader.example\n"
    assert bring(text, tmp_path, now).joined == set()
    answered = bring_onto(make_list(), text, tmp_path, now, answers={"Unsubscribed": "address"})
    assert answered.joined == {"one@reader.example"}
