"""Scripts that give something away, and scripts that do not, read without being run."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.checks.parts import Looked, Roles, Table
from lab.checks.scripts.measure import measured
from lab.checks.scripts.scan import scan
from lab.checks.scripts.trap import shuffled_label_trap

LEAKING = {
    "scaler": (
        "fit_before_split",
        "info",
        """
import pandas as pd
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import train_test_split
df = pd.read_csv('d.csv'); X = df.drop(columns='y'); y = df['y']
X = StandardScaler().fit_transform(X)
Xtr, Xte, ytr, yte = train_test_split(X, y, random_state=0)
""",
    ),
    "scaler2": (
        "fit_before_split",
        "info",
        """
from sklearn.preprocessing import StandardScaler as S
from sklearn.model_selection import train_test_split
import numpy as np
data = np.loadtxt('a.csv'); X, y = data[:, :-1], data[:, -1]
sc = S(); sc.fit(X)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
X_train = sc.transform(X_train); X_test = sc.transform(X_test)
""",
    ),
    "manual": (
        "fit_before_split",
        "info",
        """
import pandas as pd
df = pd.read_csv('x.csv')
df['a'] = (df['a'] - df['a'].mean()) / df['a'].std()
train = df[:800]; test = df[800:]
""",
    ),
    "fillna": (
        "fit_before_split",
        "info",
        """
import pandas as pd
from sklearn.model_selection import train_test_split
df = pd.read_csv('x.csv').fillna(0)
df = df.fillna(df.median())
tr, te = train_test_split(df, random_state=1)
""",
    ),
    "concat": (
        "fit_before_split",
        "info",
        """
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
train = pd.read_csv('train.csv'); test = pd.read_csv('test.csv')
v = TfidfVectorizer()
v.fit(pd.concat([train.text, test.text]))
a = v.transform(train.text); b = v.transform(test.text)
""",
    ),
    "kbest": (
        "selection_leak",
        "block",
        """
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.model_selection import cross_val_score
from sklearn.datasets import make_classification
X, y = make_classification(random_state=0)
X2 = SelectKBest(f_classif, k=10).fit_transform(X, y)
print(cross_val_score(clf, X2, y))
""",
    ),
    "corr": (
        "selection_leak",
        "block",
        """
import pandas as pd
from sklearn.model_selection import train_test_split
def load():
    return pd.read_csv('x.csv')
def pick(df):
    c = df.corr()['y'].abs().sort_values()
    return df[c.index[-10:]]
def main():
    df = load()
    best = pick(df)
    X_train, X_test, y_train, y_test = train_test_split(best, df['y'], random_state=0)
main()
""",
    ),
    "importance": (
        "selection_leak",
        "block",
        """
from sklearn.ensemble import RandomForestClassifier
import numpy as np
X = np.load('x.npy'); y = np.load('y.npy')
rf = RandomForestClassifier(); rf.fit(X, y)
top = np.argsort(rf.feature_importances_)[-20:]
X = X[:, top]
from sklearn.model_selection import train_test_split
a,b,c,d = train_test_split(X, y, random_state=0)
""",
    ),
    "tune": (
        "selection_leak",
        "warn",
        """
from sklearn.model_selection import train_test_split
X, y = load_iris(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
best = 0
for C in [1, 10]:
    m = SVC(C=C).fit(X_train, y_train)
    s = m.score(X_test, y_test)
    if s > best:
        best = s
""",
    ),
    "tune2": (
        "selection_leak",
        "warn",
        """
X, y = load_iris(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
scores = {k: KNN(k).fit(X_train, y_train).score(X_test, y_test) for k in range(9)}
best = max(scores, key=scores.get)
""",
    ),
    "smote": (
        "oversampled_before_split",
        "block",
        """
import pandas as pd
df = pd.read_csv('a.csv'); X, y = df.drop('y'), df.y
X, y = SMOTE(random_state=0).fit_resample(X, y)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
""",
    ),
    "earlystop": (
        "selection_leak",
        "warn",
        """
import pandas as pd
df = pd.read_csv('a.csv')
X_train, X_test, y_train, y_test = train_test_split(df.drop('y'), df.y, random_state=0)
m = XGBClassifier(early_stopping_rounds=5)
m.fit(X_train, y_train, eval_set=[(X_test, y_test)])
""",
    ),
    "trainontest": (
        "test_in_training",
        "block",
        """
import pandas as pd
tr = pd.read_csv('train.csv'); te = pd.read_csv('test.csv')
full = pd.concat([tr, te])
m = LogisticRegression(); m.fit(full.drop('y'), full.y)
print(m.score(te.drop('y'), te.y))
""",
    ),
    "class": (
        "fit_before_split",
        "info",
        """
class P:
    def run(self):
        import pandas as pd
        df = pd.read_csv('x'); X = df.drop('y'); y = df.y
        self.scaler = StandardScaler()
        X = self.scaler.fit_transform(X)
        X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
""",
    ),
    "hf": (
        "fit_before_split",
        "info",
        """
from datasets import load_dataset, concatenate_datasets
ds = load_dataset('imdb')
v = TfidfVectorizer(); allx = list(ds['train']['text']) + list(ds['test']['text'])
v.fit(allx)
a = v.transform(ds['train']['text'])
""",
    ),
}

HEALTHY = {
    "pipe": """
X, y = load_iris(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
p = make_pipeline(StandardScaler(), LogisticRegression())
p.fit(X_train, y_train); print(p.score(X_test, y_test))
""",
    "ontrain": """
import pandas as pd
df = pd.read_csv('a.csv'); X = df.drop(columns='y'); y = df['y']
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
sc = StandardScaler().fit(X_train)
X_train = sc.transform(X_train); X_test = sc.transform(X_test)
m = LogisticRegression().fit(X_train, y_train)
print(accuracy_score(y_test, m.predict(X_test)))
""",
    "cv": """
X, y = load_iris(return_X_y=True)
p = Pipeline([('s', StandardScaler()), ('k', SelectKBest(k=2)), ('m', SVC())])
print(cross_val_score(p, X, y).mean())
g = GridSearchCV(p, {})
""",
    "kfold": """
X, y = load_iris(return_X_y=True)
for tr, te in KFold(5, shuffle=True, random_state=0).split(X):
    sc = StandardScaler().fit(X[tr])
    m = LogisticRegression().fit(sc.transform(X[tr]), y[tr])
    print(m.score(sc.transform(X[te]), y[te]))
""",
    "val": """
X, y = load_iris(return_X_y=True)
X_train, X_tmp, y_train, y_tmp = train_test_split(X, y, random_state=0)
X_val, X_test, y_val, y_test = train_test_split(X_tmp, y_tmp, random_state=0)
best = 0
for C in [1, 10]:
    m = SVC(C=C).fit(X_train, y_train)
    s = m.score(X_val, y_val)
    if s > best:
        best = s; keep = m
print(keep.score(X_test, y_test))
""",
    "stats": """
import pandas as pd
df = pd.read_csv('a.csv')
print(df.mean(), df.corr())
train = df[:800]; test = df[800:]
mu, sd = train.mean(), train.std()
train = (train - mu) / sd; test = (test - mu) / sd
""",
    "pixels": """
X, y = load_digits(return_X_y=True)
X = X / 16.0
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
s = m.fit(X_train, y_train).score(X_test, y_test)
if s > 0.9: print('good')
""",
    "hf": """
ds = load_dataset('imdb')
tok = AutoTokenizer.from_pretrained('x')
ds = ds.map(lambda b: tok(b['text']), batched=True)
ds['train'] = ds['train'].shuffle(seed=1)
trainer = Trainer(model, train_dataset=ds['train'], eval_dataset=ds['validation'])
trainer.train()
print(trainer.evaluate(ds['test']))
""",
    "split2": """
ds = load_dataset('imdb', split='train').train_test_split(test_size=.1, seed=1)
tr, te = ds['train'], ds['test']
v = TfidfVectorizer().fit(tr['text']); m = LogisticRegression().fit(v.transform(tr['text']), tr['label'])
print(m.score(v.transform(te['text']), te['label']))
""",
}


def found(text: str) -> list[str]:
    return [looked.kind for looked in scan({"script.py": text}) if looked.findings and looked.kind != "loose_seed"]


@pytest.mark.parametrize("name", LEAKING)
def test_a_leak_in_the_code_is_found_and_named_by_its_line(name: str) -> None:
    kind, severity, text = LEAKING[name]
    assert found(text) == [kind]
    finding = next(f for looked in scan({"script.py": text}) for f in looked.findings if f.kind == kind)
    assert 0 < finding.examples[0]["line"] <= text.count("\n")
    assert finding.severity == severity


@pytest.mark.parametrize("name", HEALTHY)
def test_a_careful_script_is_left_alone(name: str) -> None:
    assert found(HEALTHY[name]) == []


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(Path("lab/recipes/scripts").glob("*.py")), ids=lambda path: path.stem)
def test_our_own_recipes_are_left_alone(path: Path) -> None:
    assert found(path.read_text()) == []


def test_data_loaded_in_the_constructor_is_followed_into_the_methods() -> None:
    text = """
class Study:
    def __init__(self):
        self.df = pd.read_csv('a.csv')
    def prepare(self):
        self.X = StandardScaler().fit_transform(self.df)
    def run(self):
        self.prepare()
        X_train, X_test = train_test_split(self.X, random_state=0)
"""
    assert found(text) == ["fit_before_split"]


def test_a_test_file_named_otherwise_is_known_by_its_name() -> None:
    text = "m = SVC()\nm.fit(pd.read_csv('data/final.csv'))\n"
    assert found(text) == []
    assert [each.kind for each in scan({"a.py": text}, ["final.csv"]) if each.findings] == ["test_in_training"]


def test_nothing_to_read_is_no_pass() -> None:
    for scripts in ({}, {"a.py": "def ("}, {"a.py": "print(1)"}):
        assert all(looked.not_run and not looked.findings for looked in scan(scripts))


def test_loose_seeds() -> None:
    def said(**scripts: str) -> str:
        looked = next(each for each in scan(scripts) if each.kind == "loose_seed")
        return looked.findings[0].why if looked.findings else ""

    split = "a, b = train_test_split(pd.read_csv('x.csv'){})"
    assert "without a seed" in said(a=split.format(""))
    assert said(a=split.format(", random_state=3")) == ""
    assert said(a="np.random.seed(1)\n" + split.format("")) == ""
    assert "share no seed" in said(a=split.format(", random_state=3"), b=split.format(", random_state=4"))
    assert said(a="SEED = 3\n" + split.format(", random_state=SEED"), b=split.format(", random_state=3")) == ""


def test_a_scaler_fitted_on_all_rows_is_a_note_with_its_measured_size() -> None:
    from sklearn.datasets import load_wine

    x, y = load_wine(return_X_y=True)
    order = [(i * 37) % len(y) for i in range(len(y))]
    columns = {f"f{j}": [float(x[i, j]) for i in order] for j in range(x.shape[1])} | {"y": [str(y[i]) for i in order]}

    def part(rows: slice) -> Table:
        cut = {name: values[rows] for name, values in columns.items()}
        return Table(cut, range(len(cut["y"])), len(cut["y"]))

    roles = Roles(label="y", features=tuple(columns)[:-1])
    looked = measured(scan({"a.py": LEAKING["scaler"][2]}), part(slice(0, 120)), part(slice(120, None)), roles)
    finding = next(f for each in looked for f in each.findings if f.kind == "fit_before_split")
    assert finding.severity == "info"
    assert finding.inflation is not None
    assert abs(finding.inflation) < 0.05


def test_the_trap_springs_on_columns_chosen_with_all_labels_and_on_nothing_else() -> None:
    import numpy as np
    from sklearn.feature_selection import SelectKBest
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    chance = np.random.default_rng(0)
    x, y = chance.normal(size=(120, 2000)), list(chance.integers(0, 2, 120))

    def careless(labels: object) -> float:
        few = SelectKBest(k=20).fit_transform(x, labels)
        return float(LogisticRegression().fit(few[:80], labels[:80]).score(few[80:], labels[80:]))  # type: ignore[index]

    def careful(labels: object) -> float:
        model = make_pipeline(SelectKBest(k=20), LogisticRegression())
        return float(model.fit(x[:80], labels[:80]).score(x[80:], labels[80:]))  # type: ignore[index]

    assert shuffled_label_trap(careless, y, 40).findings[0].severity == "block"
    assert isinstance(looked := shuffled_label_trap(careful, y, 40), Looked)
    assert looked.findings == ()
    assert looked.looked_at
    assert shuffled_label_trap(careful, [1] * 120, 40).not_run
