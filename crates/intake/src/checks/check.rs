//! The checks by name. What they say and how grave they are is data: `data/controles.toml`.

use vt_domain::finding::Scope;

macro_rules! checks {
    ($($name:ident = $id:literal),+ $(,)?) => {
        /// A check of the catalogue. The letter of its id is its scope: bestand, record, levering, reeks.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Check {
            $(#[doc = concat!("Check ", $id, " of the catalogue.")] $name,)+
        }

        impl Check {
            /// All checks, in the order of the catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The id in the catalogue, such as `R012`.
            pub fn id(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)+
                }
            }
        }
    };
}

checks! {
    Beschadigd = "B001",
    TeGroot = "B002",
    TeSterkIngepakt = "B003",
    LeegBestand = "B004",
    OnbekendeKolom = "B005",
    OntbrekendeKolom = "B006",
    DubbeleKolom = "B007",
    Scheidingsteken = "B008",
    GeenUtf8 = "B009",
    Utf16 = "B010",
    ByteOrderMark = "B011",
    LangeRegel = "B012",
    AantalRecords = "B013",
    OnbekendeSleutel = "B014",
    AnderFormaat = "B015",
    AndereCompressie = "B016",
    BsnInBestand = "B017",
    LegeRegel = "B018",
    GeenRegeleinde = "B019",
    AantalVelden = "R001",
    Aanhalingsteken = "R002",
    GeenJsonObject = "R003",
    DubbeleSleutel = "R004",
    JsonType = "R005",
    VerplichtLeeg = "R006",
    OnbekendeCode = "R007",
    CodeNietGeldig = "R008",
    DubbeleCode = "R009",
    ExclusieveCode = "R010",
    Datum = "R011",
    BuitenMaand = "R012",
    NaAanmaken = "R013",
    NaTotEnMet = "R014",
    OudeDatum = "R015",
    BesluitZonderDatum = "R016",
    DatumZonderBesluit = "R017",
    BesluitVoorOntvangst = "R018",
    RolOrganisatie = "R019",
    PolitieOverdracht = "R020",
    EindVoorStart = "R021",
    Minderjarigen = "R022",
    KenmerkVorm = "R023",
    KenmerkZonderLetter = "R024",
    KenmerkDubbel = "R025",
    JaNee = "R026",
    Aantal = "R027",
    GeenBetrokkenen = "R028",
    GemeenteVorm = "R029",
    GemeenteOnbekend = "R030",
    GemeenteOpgeheven = "R031",
    GemeenteOpgedeeld = "R032",
    GemeenteNogNiet = "R033",
    GemeenteElders = "R034",
    UitkomstZonderEind = "R035",
    CasusIsMelding = "R036",
    ProtocolVersie = "L001",
    AndereRegio = "L002",
    AndereMaand = "L003",
    NummerNul = "L004",
    TotEnMetBuitenMaand = "L005",
    NietDeHeleMaand = "L006",
    TussentijdsHeleMaand = "L007",
    TeVroegAangemaakt = "L008",
    AangemaaktInToekomst = "L009",
    Bronsysteem = "L010",
    BsnInKop = "L011",
    RecordsoortOntbreekt = "L012",
    RecordsoortDubbel = "L013",
    Tolerantie = "L014",
    MeldingOnbekend = "L015",
    NummerVeranderd = "L016",
    TussentijdsNaVolledig = "L017",
    LagerNummer = "L018",
    RegioNietInBedrijf = "L019",
    CorrectieVanNiets = "L020",
    MinderDekking = "L021",
    AantalAfwijkend = "S001",
    PolitieAfwijkend = "S002",
    OnbekendAfwijkend = "S003",
    LegeDagen = "S004",
    LeegSlot = "S005",
    DalingInMaand = "S006",
    ZelfdeAantallen = "S007",
    OnverwachtLeeg = "S008",
    VorigeMaandOntbreekt = "S009",
    SprongInMaand = "S010",
}

impl Check {
    /// The check with this id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|check| check.id() == id)
    }

    /// What it looks at.
    pub fn scope(self) -> Scope {
        match self.id().as_bytes()[0] {
            b'B' => Scope::Bestand,
            b'R' => Scope::Record,
            b'L' => Scope::Levering,
            _ => Scope::Reeks,
        }
    }

    /// Its place in [`Check::ALL`].
    pub(crate) fn index(self) -> usize {
        self as usize
    }
}
