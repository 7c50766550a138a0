# ruff: noqa: E501 each alternative of a closed list stays whole
"""The words that mail programs put around a letter, in many languages: headers, quotes, farewells, disclaimers."""

import re

_NAMES = {
    "from": "from|von|de|da|van|från|fra|lähettäjä|от|от кого|kimden|gönderen|od|sender|absender|expéditeur|remitente|از|از طرف"
    "|فرستنده|ارسال‌کننده|من|المرسل|מאת|发件人|差出人",
    "to": "to|an|à|pour|para|a|aan|till|til|vastaanottaja|кому|kime|alıcı|do|recipient|empfänger|destinataire|destinatario|به"
    "|گیرنده|إلى|الى|المستلم|אל|收件人|宛先",
    "cc": "cc|bcc|kopie|copie|copia|kopia|копия|bilgi|dw|رونوشت|نسخة|עותק|抄送",
    "subject": "subject|betreff|objet|sujet|asunto|assunto|oggetto|onderwerp|ämne|emne|aihe|тема|konu|temat|موضوع|الموضوع|נושא|主题|件名",
    "date": "date|sent|datum|gesendet|gesendet am|envoyé|envoyé le|enviado|enviado el|enviada|enviada em|fecha|data|inviato"
    "|verzonden|skickat|sendt|lähetetty|дата|отправлено|tarih|gönderildi|gönderme tarihi|wysłano|تاریخ|تاریخ ارسال|ارسال|فرستاده شده"
    "|ارسال شده|زمان|التاريخ|تاريخ|تاريخ الإرسال|تم الإرسال|أرسل|أُرسل|נשלח|תאריך|发送时间|日期|送信日時|日時",
    "other": "reply-to|reply to|antwort an|répondre à|responder a|importance|priority|wichtigkeit|attachments|attachment|anlagen"
    "|anlage|anhänge|pièces jointes|adjuntos|allegati|bijlagen|return-path|received|message-id|mime-version|content-type"
    "|content-transfer-encoding|delivered-to|dkim-signature|list-unsubscribe|references|in-reply-to|user-agent|x-mailer|اهمیت|پیوست"
    "|پیوست ها|پاسخ به|الأهمية|المرفقات|مرفقات|الرد على",
}
HEADERS = {
    " ".join(name.replace("\u200c", " ").casefold().split()): meant
    for meant, names in _NAMES.items()
    for name in names.split("|")
}
"""What a header's name means, whatever language the mail program speaks."""

REPLY = re.compile(
    r"^(?:\s*+(?:re|fwd?|aw|wg|tr|rv|res|enc|sv|vs|vb|antw|doorst|odp|pd|pdl|ynt|ilt|پاسخ|ارجاع|رد|إعادة توجيه)\s*+(?:\[\d++\])?\s*+[:：])++\s*+",
    re.IGNORECASE,
)
FORWARDS = re.compile(r"\s*+(?:fwd?|wg|tr|rv|enc|vb|doorst|pd|pdl|ilt|ارجاع|إعادة توجيه)\s*+[:：]", re.IGNORECASE)
"""A subject that says that the mail was forwarded."""
FORWARDED = re.compile(
    r"""[-–—_=\s>*]*+(?:
      begin\s++forwarded\s++message | (?:start\s++of\s++)?forwarded\s++message | anfang\s++der\s++weitergeleiteten\s++(?:nachricht|e-?mail)
    | weitergeleitete\s++nachricht | début\s++du\s++message\s++(?:réexpédié|transféré) | message\s++transféré | mensaje\s++reenviado
    | inicio\s++del\s++mensaje\s++reenviado | mensagem\s++encaminhada | messaggio\s++inoltrato | inizio\s++messaggio\s++inoltrato
    | doorgestuurd\s++bericht | vidarebefordrat\s++(?:meddelande|brev) | пересылаемое\s++сообщение | iletilen\s++(?:ileti|mesaj)
    | پیام\s++(?:ارسال\s++شده|بازارسال\s?شده|هدایت\s?شده|فوروارد\s?شده) | رسالة\s++(?:معاد\s++توجيهها|مُعاد\s++توجيهها|محولة)
    )\s*+[:：]?[-–—_=\s*+]*""",
    re.VERBOSE | re.IGNORECASE,
)
ORIGINAL = re.compile(
    r"""[-–—_=\s>*]{2,}+(?:
      original\s++(?:message|appointment|e-?mail) | ursprüngliche\s++(?:nachricht|e-?mail) | original-?nachricht
    | message\s++d['’]origine | mensaje\s++original | mensagem\s++original | messaggio\s++originale | oorspronkelijk\s++bericht
    | ursprungligt\s++meddelande | исходное\s++сообщение | orijinal\s++mesaj | پیام\s++اصلی | الرسالة\s++الأصلية
    | reply\s++above\s++this\s++line | forwarded\s++message | weitergeleitete\s++nachricht | message\s++transféré
    )[-–—_=\s*+]*""",
    re.VERBOSE | re.IGNORECASE,
)
WROTE = re.compile(
    r"""(?:
      on\s.{4,200}\swrote | am\s.{4,200}\s(?:schrieb|hat\s.{1,80}\sgeschrieben)(?:\s.{1,120})? | .{4,200}\sschrieb\sam\s.{4,80}
    | le\s.{4,200}\sa\s++écrit | el\s.{4,200}\sescribió | em\s.{4,200}\sescreveu | il\s.{4,200}\sha\s++scritto
    | op\s.{4,200}\sschreef(?:\s.{1,120})? | den\s.{4,200}\sskrev(?:\s.{1,120})? | .{4,200}\s(?:пишет|написал\(?а?\)?)
    | .{4,200}\syazdı | .{4,200}\snapisał\(?a?\)? | (?:در|تاریخ|به\s++تاریخ)\s.{4,200}\s(?:نوشت|نوشته\s++است|نوشته)
    | (?:في|بتاريخ|يوم)\s.{4,200}\s(?:كتب|كتبت)(?:\s.{1,120})?
    )\s*+[:：]\s*+""",
    re.VERBOSE | re.IGNORECASE,
)
SENT_FROM = re.compile(
    r"""[-–—*_\s]*+(?:
      sent\s++(?:from|via|with|using)\s++(?:my|outlook|yahoo|gmail|proton|mail|samsung|iphone|ipad|android|blackberry|(?:the|an?)\s++.{0,20}(?:app|mail|phone))\b.{0,40}
    | get\s++outlook\s++for\s++.{1,40} | (?:diese\s++nachricht\s++wurde\s++)?von\s++meinem\s.{1,40}\sgesendet | gesendet\s++(?:von|mit)\s.{1,60}
    | holen\s++sie\s++sich\s++outlook\s.{1,40} | outlook\s++für\s.{1,30}\sherunterladen
    | envoyé\s++(?:de|depuis|à\s++partir\s++de)\s.{1,60} | obtenir\s++outlook\s.{1,40}
    | enviado\s++(?:desde|do|de|a\s++partir\s++do)\s.{1,60} | inviato\s++(?:da|dal)\s.{1,60} | scarica\s++outlook\s.{1,40}
    | verstuurd\s++vanaf\s.{1,60} | verzonden\s++(?:vanaf|met|van)\s.{1,60} | skickat\s++från\s.{1,60} | sendt\s++fra\s.{1,60}
    | отправлено\s++(?:с|из)\s.{1,60} | .{1,40}\sgönderildi | wysłane\s++z\s.{1,60}
    | (?:ارسال|فرستاده)[\s\u200c]?شده\s++(?:از|با)\s.{1,60} | از\s++.{1,40}\s++من\s++(?:ارسال|فرستاده)\s++شد(?:ه\s++است)?
    | (?:تم\s++ال|أ?ُ?)(?:إ?رسالها?|رسلت|رسل)\s++من\s.{1,60}
    )[.。]?\s*+""",
    re.VERBOSE | re.IGNORECASE,
)
GREETING = re.compile(
    r"""(?:hi|hello|hey|dear|good\s++(?:morning|afternoon|evening)|hallo|guten\s++(?:tag|morgen|abend)|moin|liebe[rs]?|sehr\s++geehrte[rs]?
    |servus|bonjour|bonsoir|salut|chère?s?|madame|monsieur|hola|buen[oa]s\s++(?:días|tardes|noches)|estimad[oa]s?|querid[oa]s?|olá
    |car[oaie]|ciao|buongiorno|gentile|beste|geachte|hej|kära|hei|здравствуйте|уважаем\w+|добрый\s++день|привет|merhaba|sayın|selam
    |سلام|درود|با\s++سلام|(?:\S+\s++)?(?:گرامی|عزیز|ارجمند)|السلام\s++عليكم.{0,30}|مرحبا|أهلا|تحية\s++طيبة.{0,30}|عزيزي|عزيزتي|السادة|السيد|السيدة)
    (?:\s[^.?!]{1,50})?\s*+[,،!:;–—-]?""",
    re.VERBOSE | re.IGNORECASE,
)
FAREWELL = re.compile(
    r"""(?:(?:all\s++(?:the\s++)?|very\s++|with\s++)?best(?:\s++(?:wishes|regards))?|(?:with\s++)?(?:kind(?:est)?|warm(?:est)?|many)?\s*+regards|cheers
    |thanks|many\s++thanks|thank\s++you|thanks\s++(?:a\s++lot|so\s++much|and\s++.{1,30})|yours(?:\s++(?:sincerely|faithfully|truly))?|sincerely
    |take\s++care|br|rgds|(?:mit\s++)?(?:freundliche[nmr]?|beste[nmr]?|herzliche[nmr]?|liebe[nmr]?|viele[nmr]?|schöne[nmr]?)\s++gr(?:ü|ue)(?:ß|ss)e[n]?
    |(?:mit\s++)?freundlichem\s++gruß|gr(?:ü|ue)(?:ß|ss)e?|gruß|mfg|lg|vg|bg|danke|(?:bien\s++)?(?:cordialement|amicalement)|bien\s++à\s++vous|merci
    |salutations(?:\s.{1,30})?|(?:un\s++)?(?:cordial\s++)?saludos?(?:\s++cordiales)?|un\s++abrazo|gracias|atentamente|atenciosamente|abraços?|obrigad[oa]
    |(?:com\s++os\s++melhores\s++)?cumprimentos|(?:cordiali|distinti)\s++saluti|(?:un\s++)?saluto|saluti|grazie
    |(?:met\s++)?(?:vriendelijke|hartelijke)\s++groet(?:en)?|groet(?:en|jes)?|hälsning(?:ar)?|(?:med\s++)?vänliga?\s++hälsning(?:ar)?|vänligen
    |(?:med\s++)?venlige?\s++hilsen(?:er)?|(?:med\s++)?vennlig\s++hilsen|hilsen|mvh|ystävällisin\s++terveisin|terveisin
    |с\s++уважением|с\s++наилучшими\s++пожеланиями|всего\s++доброго|спасибо|saygılarımla|iyi\s++çalışmalar|selamlar|sevgiler|teşekkürler
    |(?:serdecznie\s++)?pozdrawiam(?:\s++serdecznie)?|pozdrowienia|z\s++poważaniem|dziękuję
    |با\s++(?:احترام|تشکر|سپاس|تشکر\s++و\s++احترام|احترام\s++و\s++سپاس)|ارادتمند
    |سپاسگزارم|با\s++مهر|مع\s++(?:أطيب\s++)?(?:التحية|التحيات|تحياتي|فائق\s++الاحترام|خالص\s++.{1,20})|تحياتي|وتفضلوا\s.{1,40}|شكرا|בברכה|תודה)
    \s*+[,،!.–—-]?(?:\s*+/?\s*+[^\W\d_][\w.'’-]*+){0,3}+\s*+[,،!.–—-]?""",
    re.VERBOSE | re.IGNORECASE,
)
_THIS_MAIL = (
    r"""(?:this|the\s++information\s++(?:contained\s++)?in\s++this)\s++(?:e-?mail|message|communication|transmission)"""
)
DISCLAIMER = re.compile(
    rf"""[\s*+_]*(?:
      {_THIS_MAIL}\b(?!\s++(?:was|had|went)\b).{{0,200}}\b(?:confidential|privileged|intended|addressee|recipient|virus(?:es)?|monitored)
    | the\s++contents?\s++of\s++this\s++(?:e-?mail|message)\b.{{0,200}}\b(?:confidential|privileged|intended)
    | (?:confidentiality|privacy|legal)\s++(?:notice|disclaimer|statement)\b | (?:confidentiality|disclaimer)\s*+: | (?:please\s++)?(?:think|consider)\b.{{0,60}}\bbefore\s++print
    | if\s++you\s++(?:are\s++not|have\s++received)\b.{{0,80}}\b(?:recipient|in\s++error|by\s++mistake|e-?mail)
    | (?:please\s++)?do\s++not\s++(?:forward|print|distribute)\s++this\s++(?:e-?mail|message)
    | you\s++(?:are\s++receiv(?:ing|ed)|(?:have\s++)?received)\s++this\s++(?:e-?mail|message)\s++because\b
    | to\s++unsubscribe\s++from\s++this\s++(?:group|list)\b
    | (?:der\s++inhalt\s++)?dieser?\s++(?:e-?mail|nachricht)\b.{{0,200}}\b(?:vertraulich|bestimmt|adressat|empfänger) | vertraulichkeitshinweis
    | haftungsausschluss | (?:bitte\s++)?(?:denken\s++sie|schonen\s++sie|prüfen\s++sie)\b.{{0,80}}\b(?:umwelt|ausdruck|drucken)
    | (?:ce|les\s++informations\s++contenues\s++dans\s++ce)\s++(?:message|courriel|mail|courrier)\b.{{0,200}}\b(?:confidentiel|destinataire)
    | avis\s++de\s++confidentialité | pensez\s++à\s++l['’]environnement\b | avant\s++d['’]imprimer\s++ce\b
    | (?:la\s++información\s++contenida\s++en\s++|as\s++informações\s++contidas\s++n)?est[ea]\s++(?:mensaje|correo|mensagem|e-?mail)\b.{{0,200}}\b(?:confidencia|destinatari)
    | aviso\s++(?:legal|de\s++confidencialidad) | (?:de\s++conformidad\s++con|en\s++cumplimiento\s++de)\b.{{0,60}}\b(?:rgpd|protección\s++de\s++datos|lopd|2016/679)
    | (?:antes\s++de\s++imprimir|pense\s++no\s++meio\s++ambiente|piense\s++en\s++el\s++medio\s++ambiente)\b
    | (?:le\s++informazioni\s++contenute\s++in\s++)?quest[oa]\s++(?:messaggio|e-?mail|comunicazione)\b.{{0,200}}\b(?:riservat|confidenzial|destinatari)
    | ai\s++sensi\s++del\b.{{0,60}}\b(?:gdpr|2016/679|privacy|196/2003) | prima\s++di\s++stampare\b
    | (?:de\s++informatie\s++in\s++)?d(?:it|eze)\s++(?:e-?mail|bericht)\b.{{0,200}}\b(?:vertrouwelijk|bestemd|geadresseerde) | denk\s++aan\s++het\s++milieu\b
    | (?:detta|den\s++här|denne|denna|dette)\s++(?:meddelande\w*|mejl\w*|e-?post\w*|e-?mail\w*|meddelelse\w*|melding\w*)\b.{{0,200}}\b(?:konfidenti|konfidensi|fortrolig|avse[td]|mottagare|modtager|mottaker)
    | tämä\s++(?:viesti|sähköposti)\b.{{0,200}}\bluottamuksel
    | (?:(?:treść|zawartość)\s++)?(?:niniejsz[aey]\w*|t[aey]j?|informacje\s++zawarte\s++w\s++t(?:ej|ym))\s++(?:wiadomoś\w+|e-?mail\w*|korespondencj\w+)\b.{{0,200}}\b(?:poufn|adresat|przeznaczon)
    | zanim\s++wydrukujesz\b
    | (?:настоящее|это|данное|содержание\s++(?:этого|данного|настоящего))\s++(?:электронн\w+\s++)?(?:письм[оа]|сообщени[ея])\b.{{0,200}}\b(?:конфиденц|предназнач)
    | bu\s++(?:e-?posta|mesaj|ileti|elektronik\s++posta)\w*\b.{{0,200}}\b(?:gizli|alıcı) | (?:הודעה|דוא"ל)\s++זו?\b.{{0,200}}(?:סודי|חסוי|מיועד)
    | (?:این|اطلاعات\s++این)\s++(?:ایمیل|پیام|رایانامه|نامه)\b.{{0,200}}(?:محرمانه|گیرنده)
    | (?:هذه?|إن\s++هذه|محتوى\s++هذه)\s++(?:الرسالة|البريد|الايميل|الإيميل)\b.{{0,200}}(?:سري|خاص|المرسل\s++إليه)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
COMPANY = re.compile(
    r"""\b(?:amtsgericht|registergericht|handelsregister|hr[ab]\s*+\d+|geschäftsführ(?:er|ung)|sitz\s++der\s++gesellschaft|ust-?id|steuernummer
    |registered\s++(?:in\s++england|office|number|no\b|company)|company\s++(?:number|no\b|registration)|vat\s++(?:number|no\b|reg)
    |siren|siret|rcs\s++[a-zé]+|capital\s++(?:social\s++)?de|krs\s*+\d+|nip\s*+\d+|kvk\s*+\d+|p\.?\s?iva|cif\s*+:|org\.?\s?nr)""",
    re.VERBOSE | re.IGNORECASE,
)
"""What the law of a country wants below a company's letters; two of them in a paragraph tell it."""
_CARE = (
    r"(?:caution|warning|attention|notice|achtung|vorsicht|warnung|hinweis|precaución|atención|aviso|attenzione|atenção|cuidado|let\s++op"
    r"|waarschuwing|uwaga|varning|obs|advarsel|dikkat|uyarı|внимание|осторожно|هشدار|توجه|تحذير|تنبيه|external|externe?s?|extern)"
)
_MAIL = r"(?:e-?mails?|messages?|senders?|nachricht|absender|courriel|correos?|mensaje|messaggio|mensagem|bericht|afzender|wiadomoś\w+|meddelande\w*|mejl\w*|e-?post\w*|ileti\w*|письм\w+|сообщени\w+|ایمیل|پیام|رسالة|الرسالة|البريد)"
_OUTSIDE = r"(?:outside|extern\w*|außerhalb|extérieur\w*|fuera|estern\w*|fora|buiten|zewnątrz|zewnętrzn\w+|utanför|utenfor|dış\w*|harici|внешн\w+|извне|خارج)"
_THIS = r"(?:this|the|diese[rs]?|ce|cet|cette|este|esta|esto|quest[oae]|deze|dit|ta|ten|niniejsza|detta|denna|denne|dette|bu|эт[оа]|этот|این|هذه|هذا)"
EXTERNAL = re.compile(
    rf"""[\W_]*+(?:
      {_CARE}[\W_]{{1,6}}{_THIS}\s++(?:\w+\s++){{0,2}}{_MAIL}\b.{{0,120}}?\b{_OUTSIDE}\b
    | (?:{_CARE}[\W_]{{1,6}}(?:an?\s++)?)?{_OUTSIDE}\s++{_MAIL}[\W_]*(?:[:!.\])–-]|$)
    | this\s++(?:e-?mail|message)\s++(?:has\s++)?(?:originated|came|comes|was\s++sent|is|was\s++received)\s++from\s++(?:outside|an?\s++external)\b
    | (?:you|some\s++people\s++who\s++received\s++this\s++message)\s++don['’]t\s++often\s++get\s++e-?mails?\s++from\b
    | sie\s++erhalten\s++nicht\s++(?:oft|häufig)\s++e-?mails?\s++von\b | vous\s++n['’](?:obtenez|recevez)\s++pas\s++souvent\s++d['’]e-?mails?\b
    | no\s++suele\s++recibir\s++correos?\b | u\s++ontvangt\s++niet\s++vaak\s++e-?mails?\b | non\s++si\s++ricevono\s++spesso\s++messaggi\b
    )""",
    re.VERBOSE | re.IGNORECASE,
)
"""What a company's mail server writes above a mail that comes from outside."""
EXTERNAL_TAG = re.compile(
    rf"\s*+[*_]*[\[(<]\s*+(?:{_OUTSIDE}|external|ext)(?:\s++{_MAIL})?\s*+[\])>][*_]*[:\s-]*", re.IGNORECASE
)
LIST = re.compile(
    r"mailing\s?-?list\b|listinfo|/mailman|unsubscribe|googlegroups|groups\.io|@lists?\.|/lists?[./]|mailingliste|liste\s++de\s++diffusion|abmelden|désabonn",
    re.IGNORECASE,
)
"""What stands below a mail that came by a mailing list."""
SENT_AT = re.compile(
    r"@|\d{1,2}[:.h]\d{2}.*\d{4}|\d{4}.*\d{1,2}[:.h]\d{2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}.*\d{1,2}:\d{2}"
)
"""An address or an exact time, as mail programs write them above what they quote."""
