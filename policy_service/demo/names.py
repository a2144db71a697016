"""Words that invented people are made of: given names, family names, streets, towns."""

from __future__ import annotations

_FEMALE = """\
Abigail Adele Agnes Alice Amara Amelia Anita Anna Antonia Aurora Beatrice Bella Bonnie Bridget
Camila Carla Carmen Cecilia Chloe Clara Claudia Dahlia Daphne Delia Diana Dolores Edith Elena
Elise Eliza Ella Eloise Emilia Esther Eva Evelyn Faith Fatima Fiona Flora Frances Freya Gemma
Gloria Grace Greta Hannah Harriet Hazel Helen Ida Imani Ingrid Irene Iris Isabel Ivy Jada Jane
Jasmine Joan Josephine Judith Julia June Kara Katya Keiko Kira Lana Laura Leila Lena Lillian Lola
Lorena Louisa Lucille Lydia Mabel Mae Maren Margot Maria Marion Martha Maya Mei Mina Mira Miriam
Molly Nadia Naomi Nell Nina Norma Odessa Olga Olive Opal Paloma Paula Pearl Petra Phoebe Rachel
Ramona Renata Rita Rosa Ruth Sabine Selma Serena Sonia Stella Susan Sylvia Tamara Tess Thea Tilda
Uma Ursula Valerie Vera Viola Wanda Wilma Yara Yvonne Zelda Zora
"""
_MALE = """\
Aaron Abel Adrian Alan Albert Alec Amir Andre Angus Anton Arlo Arthur Asher August Axel Barnaby
Basil Benedict Bernard Boris Bruno Caleb Calvin Carlos Cedric Cesar Chester Clive Conrad Cyrus
Damian Daniel Darius Desmond Dexter Diego Dominic Edgar Edmund Eli Elias Elliot Emil Enzo Ernest
Ethan Ezra Felix Ferdinand Finn Floyd Franklin Gabriel Gilbert Giles Graham Grant Gregor Hamza
Harold Harvey Hector Henry Hugo Ian Ignacio Isaac Ivan Jacob Jasper Jerome Joel Jonas Jorge Joseph
Julian Kai Karim Kenji Kurt Lamar Lars Leo Leon Lewis Lionel Lorenzo Louis Lucas Luther Magnus
Malik Manuel Marcus Mario Martin Matteo Maurice Max Milo Moses Nathan Neil Nigel Noah Oliver Omar
Orson Oscar Otto Pablo Patrick Paul Percy Philip Quentin Ralph Ramon Raymond Reuben Rhys Roland
Roman Rufus Samuel Saul Silas Simon Stefan Terence Theo Tobin Tomas Ulric Victor Vincent Walton
Wesley Xavier Yusuf Zane
"""
_FAMILY = """\
Abara Ackerley Adeyemi Aldous Alvarado Amsel Andrade Arbuckle Ashdown Atwater Bancroft Barlowe
Baskin Beaumont Bellweather Bergstrom Birchall Blackwood Boatwright Bonham Bostwick Bramwell
Brightman Brockway Burgos Calloway Cantrell Carmichael Castillo Chadwick Chakraborty Chandler
Cheswick Claremont Cleary Cobham Colbert Corrigan Cranston Crowther Dalgleish Danforth Delacroix
Denholm Diallo Dorsey Drummond Dunleavy Eastman Eberhardt Eldridge Ellsworth Escobedo Fairbanks
Falconer Farnsworth Fenwick Figueroa Fitzroy Forsythe Fujimori Gaines Galbraith Garrity Gatewood
Gilchrist Goddard Goldfarb Goswami Granger Greenleaf Grimaldi Guerrero Hadley Halloran Hammersmith
Hargrove Hathaway Hawkesworth Hendershot Herrera Hightower Hollander Holloway Huang Huxtable
Ibarra Ingersoll Ishikawa Jabari Janssen Jarrett Jennings Kaplan Kariuki Kellerman Kendrick Kimura
Kingsley Kirkland Kowalewski Lachance Lancaster Landry Langford Larkspur Lindholm Lockwood
Lombardi Ludlow Maddox Mahoney Mansour Marchbanks Mathews Mbeki McAllen Mendelson Merrick
Middleton Montague Moreland Mulligan Nakamura Navarro Nettleton Newcombe Nichols Nightingale
Norwood Oakley Obando Odom Okafor Oldfield Ordonez Osgood Pacheco Palermo Paxton Pemberton
Pendleton Perkins Petrov Pickering Pinkerton Plummer Prescott Quimby Rademaker Radcliffe Rainey
Ramsey Rasmussen Redmond Renfrew Ridgeway Rivera Rochester Rosenthal Rutherford Sakamoto Salazar
Sandoval Santangelo Satterfield Saunders Schofield Seabrook Sedgwick Shackleford Sheridan Sinclair
Singh Somerset Spaulding Stapleton Sterling Stockton Sutherland Swanson Takahashi Talbot Tennyson
Thackeray Thornbury Tillman Townsend Treadwell Trujillo Underhill Upchurch Valenzuela Vanderbilt
Varga Vasquez Villanueva Wadsworth Wakefield Wainwright Warwick Waterhouse Weatherby Wendell
Westbrook Whitaker Whitlock Wickham Wilberforce Winslow Wolcott Woodruff Wyndham Yamamoto Yates
Yarborough Zamora Zeller Zimmer
"""
_STREETS = """\
Acacia Alder Amber Ashgrove Aspen Barton Bayberry Beacon Birchwood Bluebonnet Briar Brook Canyon
Cardinal Cedarwood Chapel Chestnut Clover Copper Cottonwood Creekside Cypress Dogwood Eagle Elder
Fairview Falcon Fern Foxglove Garnet Granite Harbor Hawthorn Heron Hickory Highland Holly Ironwood
Jasmine Kestrel Laurel Linden Lockhart Magnolia Maple Meadow Mesquite Mill Mockingbird Mulberry
Nectar Oakmont Old Mill Orchard Palisade Pecan Pepper Pinecone Poplar Prairie Quail Quarry Ranch
Redbud Ridge River Rosewood Sage Sandstone Sequoia Spruce Stonegate Sumac Sycamore Thistle Timber
Trinity Tulip Valley Verbena Vista Walnut Wildflower Willow Windmill Wisteria Yucca
"""

GIVEN = {"female": tuple(_FEMALE.split()), "male": tuple(_MALE.split())}
FAMILY = tuple(_FAMILY.split())
STREETS = tuple(f"{name} Street" for name in _STREETS.split())
TOWNS = (
    ("Austin", "TX", "787", ("512", "737")),
    ("Round Rock", "TX", "786", ("512",)),
    ("San Marcos", "TX", "786", ("512",)),
    ("Houston", "TX", "770", ("713", "281", "832")),
    ("Dallas", "TX", "752", ("214", "469", "972")),
    ("San Antonio", "TX", "782", ("210", "726")),
    ("El Paso", "TX", "799", ("915",)),
    ("Lubbock", "TX", "794", ("806",)),
    ("Waco", "TX", "767", ("254",)),
    ("Columbus", "OH", "432", ("614", "380")),
    ("Cleveland", "OH", "441", ("216",)),
    ("Dayton", "OH", "454", ("937",)),
    ("Toledo", "OH", "436", ("419",)),
    ("Miami", "FL", "331", ("305", "786")),
    ("Tampa", "FL", "336", ("813",)),
    ("Orlando", "FL", "328", ("407",)),
    ("San Francisco", "CA", "941", ("415", "628")),
    ("Sacramento", "CA", "958", ("916",)),
)
"""Town, state, first digits of its postcodes, area codes."""
