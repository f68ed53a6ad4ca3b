"""The emulator's page, in a real browser: what it shows as it changes, and faults that it sets."""

from __future__ import annotations

import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait
from ucloud.core import exc

from tests.support.asker import Asker
from tests.support.emulator import Emulator

QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--window-size=1280,1400",
)  # fmt: skip
PATIENCE = 60.0


class Page:
    """The page of an emulator as somebody looks at it."""

    def __init__(self, browser: Chrome, emulator: Emulator) -> None:
        self.browser = browser
        browser.get(emulator.url)
        self.until_shown("link", "live")

    def text(self, id: str) -> str:
        return self.browser.find_element(By.ID, id).text

    def until_shown(self, id: str, *texts: str) -> None:
        """Wait until a part of the page shows all of these."""
        WebDriverWait(self.browser, PATIENCE).until(
            lambda _: all(text in self.text(id) for text in texts), f"{id} does not show {texts}: {self.text(id)}"
        )

    def fill(self, form: str, field: str, value: str) -> None:
        found = self.browser.find_element(By.CSS_SELECTOR, f"#{form} [name={field}]")
        if found.tag_name == "select":
            WebDriverWait(self.browser, PATIENCE).until(lambda _: value in {o.text for o in Select(found).options})
            Select(found).select_by_value(value)
        else:
            found.clear()
            found.send_keys(value)

    def submit(self, form: str) -> None:
        self.browser.find_element(By.CSS_SELECTOR, f"#{form} button").click()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    driver = shutil.which("chromedriver")
    assert driver, "install it: python3 -m tools.setup test-packages"
    options = ChromeOptions()
    for argument in (*QUIET, f"--user-data-dir={tmp_path_factory.mktemp('browser')}"):
        options.add_argument(argument)
    started = Chrome(options, Service(driver))
    yield started
    started.quit()


@pytest.fixture
def page(browser: Chrome, paper_emulator: Emulator) -> Page:
    paper_emulator.reset()
    return Page(browser, paper_emulator)


def test_hosts_images_cost_and_requests_appear_as_they_come_to_be(page: Page, api: Asker, tmp_path: Path) -> None:
    page.until_shown("hosts", "no host")
    page.until_shown("open", "0 things")
    host = api.stopped_host(Name="seen-on-the-page")
    page.until_shown("hosts", host, "seen-on-the-page", "Stopped", Emulator.zone)
    image = api.made_image(host)
    page.until_shown("images", image, "Available")
    page.until_shown("ledger", host, image, "uhost", "udisk")
    page.until_shown("requests", "CreateCustomImage", f"UHostId={host}")
    assert "Password=<secret>" in page.text("requests")
    spent = page.text("cost")
    WebDriverWait(page.browser, PATIENCE).until(lambda _: page.text("cost") != spent, "the cost does not go on")
    assert page.browser.get_screenshot_as_file(str(tmp_path / "page.png"))


def test_a_fault_that_the_form_sets_is_met_and_can_be_cleared(page: Page, api: Asker) -> None:
    page.fill("fault", "action", "DescribeVPC")
    page.fill("fault", "value", "8095")
    page.fill("fault", "times", "0")
    page.submit("fault")
    page.until_shown("faults", '"action":"DescribeVPC"', '"ret_code":8095')
    with pytest.raises(exc.RetCodeException) as refusal:
        api.ask("DescribeVPC")
    assert refusal.value.code == 8095
    page.until_shown("requests", "8095")
    page.browser.find_element(By.CSS_SELECTOR, "#faults button").click()
    page.until_shown("faults", "no fault is set")
    api.ask("DescribeVPC")


def test_a_change_of_state_goes_wrong_as_the_form_says(page: Page, api: Asker, paper_emulator: Emulator) -> None:
    page.fill("state", "transition", "image")
    page.fill("state", "outcome", "never")
    page.submit("state")
    page.until_shown("faults", '"transition":"image"', '"outcome":"never"')
    (rule,) = paper_emulator.faults()
    assert (rule["transition"], rule["outcome"], rule["times"]) == ("image", "never", 1)


def test_a_wrong_fault_is_told_in_its_own_words(page: Page, paper_emulator: Emulator) -> None:
    page.fill("fault", "action", "DescribeNothing")
    page.submit("fault")
    page.until_shown("said", "there is no action 'DescribeNothing'")
    assert paper_emulator.faults() == []


def test_the_page_loads_nothing_from_elsewhere(page: Page, paper_emulator: Emulator) -> None:
    loaded = page.browser.execute_script("return performance.getEntriesByType('resource').map((each) => each.name)")
    assert loaded
    assert all(each.startswith((paper_emulator.url, "data:")) for each in loaded)


def test_names_are_shown_as_text_whatever_they_are(page: Page, api: Asker, paper_emulator: Emulator) -> None:
    paper_emulator.fault(action="DescribeVPC", ret_code=1, message="<b>bold</b>", parameters={"<i>x</i>": "<img>"})
    page.until_shown("faults", "<i>x</i>")
    assert page.browser.find_elements(By.CSS_SELECTOR, "#faults b, #faults i, #faults img") == []


@pytest.mark.parametrize("path", ["/_emulator/page/nothing.js", "/_emulator/page/..%2f__init__.py"])
def test_no_other_file_is_given_out(paper_emulator: Emulator, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(paper_emulator.url + path, timeout=30)
    assert refusal.value.code == 404


def test_a_client_of_the_api_gets_no_page(paper_emulator: Emulator) -> None:
    with urllib.request.urlopen(paper_emulator.url, timeout=30) as response:
        assert b'"RetCode":160' in response.read()


def test_the_emulator_ends_at_once_though_a_page_is_open(browser: Chrome) -> None:
    with Emulator(hosts="paper") as emulator:
        Page(browser, emulator)
        assert emulator.stop() == 0
        assert "ending" in emulator.output.read_text()
