"""More ways of writing the same mistakes, and of avoiding them: other libraries, other styles."""

from __future__ import annotations

import pytest

from lab.checks.scripts.scan import scan

LEAKING = {
    "a cell of a notebook": (
        "selection_leak",
        "warn",
        """
best = 0
for c in [0.01, 0.1, 1, 10]:
    m = LogisticRegression(C=c).fit(X_train, y_train)
    s = m.score(X_test, y_test)
    if s > best:
        best = s; keep = m
""",
    ),
    "a lambda that knows the mean": (
        "fit_before_split",
        "info",
        """
ds = load_dataset("csv", data_files="a.csv", split="train")
mu = sum(ds["x"]) / len(ds)
m, s = np.mean(ds["x"]), np.std(ds["x"])
ds = ds.map(lambda row: {"x": (row["x"] - m) / s})
parts = ds.train_test_split(test_size=0.2, seed=1)
""",
    ),
    "a function that knows the mean": (
        "fit_before_split",
        "info",
        """
df = pd.read_csv("a.csv")
centre = df["x"].mean()
def shift(row):
    return row["x"] - centre
df["x"] = df.apply(shift, axis=1)
train, test = train_test_split(df, random_state=0)
""",
    ),
    "torch": (
        "fit_before_split",
        "info",
        """
X = torch.tensor(np.load('x.npy')); y = np.load('y.npy')
X = (X - X.mean(0)) / X.std(0)
ds = TensorDataset(X, y)
train_ds, test_ds = random_split(ds, [800, 200], generator=g)
""",
    ),
    "targetenc": (
        "selection_leak",
        "block",
        """
df = pd.read_csv('a.csv')
df['city'] = df['city'].map(df.groupby('city')['target'].mean())
tr, te = train_test_split(df, random_state=0)
""",
    ),
    "targetenc2": (
        "selection_leak",
        "block",
        """
df = pd.read_csv('a.csv')
df['enc'] = df.groupby('city')['label'].transform('mean')
tr, te = train_test_split(df, random_state=0)
""",
    ),
    "fn": (
        "fit_before_split",
        "info",
        """
X, y = load_wine(return_X_y=True)
X = scale(X)
a, b, c, d = train_test_split(X, y, random_state=0)
""",
    ),
    "zscore": (
        "fit_before_split",
        "info",
        """
df = pd.read_csv('x.csv')
df['z'] = zscore(df['a'])
train, test = df.iloc[:80], df.iloc[80:]
""",
    ),
    "npsplit": (
        "fit_before_split",
        "info",
        """
df = pd.read_csv('x.csv')
df = (df - df.min()) / (df.max() - df.min())
train, val, test = np.split(df.sample(frac=1, random_state=1), [60, 80])
""",
    ),
    "grid": (
        "test_in_training",
        "block",
        """
X, y = load_wine(return_X_y=True)
g = GridSearchCV(SVC(), {'C': [1, 2]})
g.fit(X, y)
a, X_test, c, y_test = train_test_split(X, y, random_state=0)
print(g.score(X_test, y_test))
""",
    ),
    "corrcoef": (
        "selection_leak",
        "block",
        """
X = np.load('x'); y = np.load('y')
c = [abs(np.corrcoef(X[:, j], y)[0, 1]) for j in range(X.shape[1])]
top = np.argsort(c)[-10:]
X = X[:, top]
a, b, c, d = train_test_split(X, y, random_state=0)
""",
    ),
    "append": (
        "selection_leak",
        "warn",
        """
X, y = load_wine(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
results = []
for C in (1, 2, 3):
    m = SVC(C=C).fit(X_train, y_train)
    results.append((m.score(X_test, y_test), C))
best = max(results)
""",
    ),
    "sss": (
        "fit_before_split",
        "info",
        """
X, y = load_wine(return_X_y=True)
X = StandardScaler().fit_transform(X)
sss = StratifiedShuffleSplit(n_splits=1, random_state=0)
tr, te = next(sss.split(X, y))
X_train, X_test = X[tr], X[te]
""",
    ),
    "hfbest": (
        "selection_leak",
        "warn",
        """
ds = load_dataset('imdb')
args = TrainingArguments('out', load_best_model_at_end=True)
t = Trainer(model, args, train_dataset=ds['train'], eval_dataset=ds['test'])
t.train()
""",
    ),
    "perm": (
        "selection_leak",
        "block",
        """
X = np.load('x'); y = np.load('y')
X = SelectKBest(k=5).fit_transform(X, y)
idx = np.random.default_rng(0).permutation(len(X))
train_idx, test_idx = idx[:800], idx[800:]
X_train, X_test = X[train_idx], X[test_idx]
""",
    ),
    "ct": (
        "fit_before_split",
        "info",
        """
df = pd.read_csv('a.csv'); X = df.drop(columns='y'); y = df.y
ct = ColumnTransformer([('n', StandardScaler(), ['a']), ('c', OneHotEncoder(), ['b'])])
Z = ct.fit_transform(X)
a, b, c, d = train_test_split(Z, y, random_state=0)
""",
    ),
    "augment": (
        "oversampled_before_split",
        "block",
        """
df = pd.read_csv('a.csv')
def augment(df):
    return pd.concat([df, df.assign(text=df.text.str.lower())])
df = augment(df)
tr, te = train_test_split(df, random_state=0)
""",
    ),
}

HEALTHY = {
    "a function that knows the training mean": """
df = pd.read_csv("a.csv")
train, test = train_test_split(df, random_state=0)
centre = train["x"].mean()
def shift(row):
    return row["x"] - centre
train["x"] = train.apply(shift, axis=1)
test["x"] = test["x"].map(lambda x: x - centre)
""",
    "pipe whole then cv": """
X, y = load_wine(return_X_y=True)
pipe = Pipeline([('s', StandardScaler()), ('m', SVC())])
print(cross_val_score(pipe, X, y))
pipe.fit(X, y)
""",
    "eval only": """
ds = load_dataset('imdb')
t = Trainer(model, TrainingArguments('out'), train_dataset=ds['train'], eval_dataset=ds['test'])
t.train(); print(t.evaluate())
""",
    "torch": """
X = np.load('x'); y = np.load('y')
train_ds, test_ds = random_split(TensorDataset(X, y), [8, 2], generator=g)
loader = DataLoader(train_ds, shuffle=True)
for x, t in loader:
    loss = f(model(x), t).mean()
    loss.backward()
""",
    "grid": """
X, y = load_wine(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
g = GridSearchCV(make_pipeline(StandardScaler(), SVC()), {'svc__C': [1, 2]})
g.fit(X_train, y_train)
print(g.best_score_, g.score(X_test, y_test))
""",
    "groupby": """
df = pd.read_csv('a.csv')
train, test = train_test_split(df, random_state=0)
means = train.groupby('city')['target'].mean()
train['c'] = train['city'].map(means); test['c'] = test['city'].map(means)
""",
    "plots": """
df = pd.read_csv('a.csv')
print(df.groupby('label').mean())
df.describe()
train, test = train_test_split(df, random_state=0)
m = RandomForestClassifier().fit(train.drop(columns='y'), train.y)
top = m.feature_importances_.argsort()[-5:]
m2 = RandomForestClassifier().fit(train.iloc[:, top], train.y)
print(m2.score(test.iloc[:, top], test.y))
""",
    "table": """
X, y = load_wine(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
rows = {name: m.fit(X_train, y_train).score(X_test, y_test) for name, m in models.items()}
for name, s in sorted(rows.items()): print(name, s)
""",
}


def found(text: str) -> list[tuple[str, str]]:
    looked = [each for each in scan({"script.py": text}) if each.kind != "loose_seed"]
    return [(finding.kind, finding.severity) for each in looked for finding in each.findings]


@pytest.mark.parametrize("name", LEAKING)
def test_a_leak_is_found_in_whatever_style_it_is_written(name: str) -> None:
    kind, severity, text = LEAKING[name]
    assert found(text) == [(kind, severity)]


@pytest.mark.parametrize("name", HEALTHY)
def test_care_is_recognised_in_whatever_style_it_is_written(name: str) -> None:
    assert found(HEALTHY[name]) == []
